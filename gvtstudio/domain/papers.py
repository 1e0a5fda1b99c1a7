"""The papers of the methods, for citing them."""

import msgspec


class Paper(msgspec.Struct, frozen=True):
    """A publication.

    Args:
        key: Of its BibTeX entry.
        authors: As ``Family, Given``; ``others`` where they are many.
        title: As printed.
        year: Of publication.
        journal: Or the conference.
        volume: Empty where it has none.
        pages: First and last, or the number of the article.
        doi: Empty where it has none.
    """

    key: str
    authors: tuple[str, ...]
    title: str
    year: int
    journal: str
    volume: str = ""
    pages: str = ""
    doi: str = ""

    @property
    def short(self) -> str:
        """As text refers to it.

        Example:
            >>> PAPERS["wang2021gvtnet"].short, PAPERS["lim2017edsr"].short
            ('Wang et al., 2021', 'Lim et al., 2017')
        """
        family = self.authors[0].split(",")[0]
        return f"{family} et al., {self.year}" if self.authors[1:] else f"{family}, {self.year}"

    @property
    def reference(self) -> str:
        """As a list of references has it.

        Example:
            >>> PAPERS["wang2021gvtnet"].reference[:50]
            'Wang Z, Xie Y, Ji S. Global voxel transformer netw'
        """
        place = " ".join(part for part in (self.journal, self.volume) if part)
        pages = f", {self.pages}" if self.pages else ""
        doi = f", doi:{self.doi}" if self.doi else ""
        names = ", ".join(map(_initials, self.authors))
        return f"{names}. {self.title}. {place}{pages} ({self.year}){doi}"

    @property
    def bibtex(self) -> str:
        """Its BibTeX entry."""
        fields = {
            "author": " and ".join(self.authors),
            "title": f"{{{self.title}}}",
            "journal": self.journal,
            "year": str(self.year),
            "volume": self.volume,
            "pages": self.pages.replace("-", "--"),
            "doi": self.doi,
        }
        lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
        return "\n".join((f"@article{{{self.key},", *lines, "}"))


def _initials(author: str) -> str:
    """``Wang, Zhengyang`` as ``Wang Z``."""
    family, _, given = author.partition(", ")
    if not given:
        return "et al" if author == "others" else author
    return f"{family} {''.join(name[0] for name in given.replace('-', ' ').split())}"


_ALL = (
    Paper(
        "wang2021gvtnet",
        ("Wang, Zhengyang", "Xie, Yaochen", "Ji, Shuiwang"),
        "Global voxel transformer networks for augmented microscopy",
        2021, "Nature Machine Intelligence", "3", "161-171", "10.1038/s42256-020-00283-x",
    ),
    Paper(
        "liu2020gtunet",
        ("Liu, Yi", "Yuan, Hao", "Wang, Zhengyang", "Ji, Shuiwang"),
        "Global Pixel Transformers for Virtual Staining of Microscopy Images",
        2020, "IEEE Transactions on Medical Imaging", "39", "2256-2266", "10.1109/TMI.2020.2968504",
    ),
    Paper(
        "xie2022aeanet",
        ("Xie, Yaochen", "Ding, Yu", "Ji, Shuiwang"),
        "Augmented Equivariant Attention Networks for Microscopy Image Transformation",
        2022, "IEEE Transactions on Medical Imaging", "41", "3194-3206",
    ),
    Paper(
        "rehman2024cnnt",
        ("Rehman, Azaan", "Zhovmer, Alexander", "Sato, Ryo", "Mukouyama, Yoh-suke", "Chen, Jiji",
         "Rissone, Alberto", "Puertollano, Rosa", "Liu, Jiamin", "Vishwasrao, Harshad D.",
         "Shroff, Hari", "Combs, Christian A.", "Xue, Hui"),
        "Convolutional neural network transformer (CNNT) for fluorescence microscopy image "
        "denoising with improved generalization and fast adaptation",
        2024, "Scientific Reports", "14", "18184", "10.1038/s41598-024-68918-2",
    ),
    Paper(
        "park2022isotropic",
        ("Park, Hyoungjun", "Na, Myeongsu", "Kim, Bumju", "Park, Soohyun", "Kim, Ki Hean",
         "Chang, Sunghoe", "Ye, Jong Chul"),
        "Deep learning enables reference-free isotropic super-resolution for volumetric "
        "fluorescence microscopy",
        2022, "Nature Communications", "13", "3297", "10.1038/s41467-022-30949-6",
    ),
    Paper(
        "weigert2018care",
        ("Weigert, Martin", "Schmidt, Uwe", "Boothe, Tobias", "others"),
        "Content-aware image restoration: pushing the limits of fluorescence microscopy",
        2018, "Nature Methods", "15", "1090-1097", "10.1038/s41592-018-0216-7",
    ),
    Paper(
        "chen2021rcan",
        ("Chen, Jiji", "Sasaki, Hideki", "Lai, Hoyin", "others"),
        "Three-dimensional residual channel attention networks denoise and sharpen fluorescence "
        "microscopy image volumes",
        2021, "Nature Methods", "18", "678-687", "10.1038/s41592-021-01155-x",
    ),
    Paper(
        "lequyer2022noise2fast",
        ("Lequyer, Jason", "Philip, Reuben", "Sharma, Amit", "Hsu, Wen-Hsin",
         "Pelletier, Laurence"),
        "A fast blind zero-shot denoiser",
        2022, "Nature Machine Intelligence", "4", "953-963", "10.1038/s42256-022-00547-8",
    ),
    Paper(
        "ounkomol2018labelfree",
        ("Ounkomol, Chawin", "Seshamani, Sharmishtaa", "Maleckar, Mary M.", "Collman, Forrest",
         "Johnson, Gregory R."),
        "Label-free prediction of three-dimensional fluorescence images from transmitted-light "
        "microscopy",
        2018, "Nature Methods", "15", "917-920", "10.1038/s41592-018-0111-2",
    ),
    Paper(
        "lim2017edsr",
        ("Lim, Bee", "Son, Sanghyun", "Kim, Heewon", "Nah, Seungjun", "Lee, Kyoung Mu"),
        "Enhanced deep residual networks for single image super-resolution",
        2017, "IEEE Conference on Computer Vision and Pattern Recognition Workshops",
        doi="10.1109/CVPRW.2017.151",
    ),
    Paper(
        "wang2020nonlocal",
        ("Wang, Zhengyang", "Zou, Na", "Shen, Dinggang", "Ji, Shuiwang"),
        "Non-local U-Nets for biomedical image segmentation",
        2020, "AAAI Conference on Artificial Intelligence",
    ),
    Paper(
        "isola2017pix2pix",
        ("Isola, Phillip", "Zhu, Jun-Yan", "Zhou, Tinghui", "Efros, Alexei A."),
        "Image-to-image translation with conditional adversarial networks",
        2017, "IEEE Conference on Computer Vision and Pattern Recognition",
    ),
)  # fmt: skip

PAPERS: dict[str, Paper] = {paper.key: paper for paper in _ALL}
