"""How results were made, as the methods section of a paper says it, with what to cite."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gvtstudio.domain.errors import GvtError, InputRefused
from gvtstudio.domain.model_card import ModelCard
from gvtstudio.domain.papers import PAPERS, Paper
from gvtstudio.domain.parameters import Value
from gvtstudio.domain.provenance import Provenance
from gvtstudio.io.offered_models import find_offered
from gvtstudio.io.provenance_file import read_provenance
from gvtstudio.networks import ARCHITECTURES
from gvtstudio.tasks import TASKS, ZERO_SHOT

_DONE = {
    "denoising": "denoised",
    "label_free": "used to predict fluorescence",
    "projection": "projected to an image of the surface they show",
    "super_resolution": "brought to a higher magnification",
    "isotropic": "made isotropic",
    "segmentation": "segmented",
}
_METRICS = {
    "psnr_db": ("a PSNR", " dB"),
    "ssim": ("an SSIM", ""),
    "nrmse": ("an NRMSE", ""),
    "dice": ("a Dice", ""),
}
_PROGRAM_BIBTEX = (
    "@software{{gvtstudio,\n  author = {{The GVT Studio authors}},\n  title = {{{{GVT Studio}}}},\n"
    "  version = {{{version}}},\n}}"
)


class Methods(NamedTuple):
    """What to write about some results.

    Args:
        text: Paragraphs.
        bibtex: Entries of what the text cites, and of this program.
    """

    text: str
    bibtex: str


def methods_of(results: Sequence[Path]) -> Methods:
    """Paragraphs for the files of a study; those made alike share one.

    Raises:
        InputRefused: A file does not tell how it was made.
    """
    groups: dict[tuple[object, ...], list[Provenance]] = {}
    for path in results:
        made_by = read_provenance(path)
        if made_by is None or made_by.task not in TASKS:
            raise InputRefused(
                f"Nothing in {path.name}, or in a note beside it, tells how it was restored.",
                "Give files that this program restored.",
            )
        groups.setdefault(_likeness(made_by), []).append(made_by)
    papers: dict[str, Paper] = {}
    paragraphs = []
    for group in groups.values():
        cited = [PAPERS[key] for key in _papers(group[0])]
        papers |= {paper.key: paper for paper in cited}
        paragraphs.append(_paragraph(group, cited))
    programs = dict.fromkeys(group[0].program for group in groups.values())
    entries = [paper.bibtex for paper in papers.values()]
    entries += [_PROGRAM_BIBTEX.format(version=name.rpartition(" ")[2]) for name in programs]
    return Methods("\n\n".join(paragraphs), "\n\n".join(entries))


def _likeness(made_by: Provenance) -> tuple[object, ...]:
    """What results have in common that one paragraph can tell of."""
    chosen = {n: v for n, v in made_by.parameters.items() if n not in ("scene", "tile", "device")}
    return made_by.program, made_by.task, made_by.model_sha256, tuple(sorted(chosen.items()))


def _papers(made_by: Provenance) -> tuple[str, ...]:
    spec = ARCHITECTURES.get(made_by.architecture)
    own = spec.papers if spec else ()
    return tuple(dict.fromkeys((*TASKS[made_by.task].papers, *own)))


def _paragraph(group: Sequence[Provenance], cited: Sequence[Paper]) -> str:
    first, card = group[0], _card(group[0])
    count = f"{len(group)} stacks were" if len(group) > 1 else "One stack was"
    sentences = [f"{count} {_DONE[first.task]} with {first.program}.", _network(first, cited)]
    if card is not None:
        sentences += _about(card)
    sentences.append(_arithmetic(group))
    sentences += _choices(first)
    return " ".join(sentence for sentence in sentences if sentence)


def _network(made_by: Provenance, cited: Sequence[Paper]) -> str:
    references = "; ".join(paper.short for paper in cited)
    spec = ARCHITECTURES.get(made_by.architecture)
    kind = spec.title if spec else "not told"
    cites = f" ({references})" if references else ""
    if made_by.model in ZERO_SHOT:
        return f"{kind}{cites} learned from every slice by itself, without training images."
    return (
        f"The network was {kind}{cites}, model {made_by.model} (SHA-256 of the weights "
        f"{made_by.model_sha256[:16]})."
    )


def _about(card: ModelCard) -> Iterable[str]:
    """What the card of the model says, where the model is at hand."""
    if card.training_data:
        yield f"It was trained on {', '.join(source.name for source in card.training_data)}."
    if card.scores:
        score = card.scores[0]
        words, unit = _METRICS.get(score.metric, (score.metric, ""))
        yield (
            f"On stacks kept apart from training ({score.data}) it reached {words} of "
            f"{score.restored:.4g}{unit}, the raw stacks {score.raw:.4g}{unit} (normalisation "
            f"{score.normalisation})."
        )
    if card.normalisation == "percentiles":
        low, high = card.normalisation_percentiles
        yield (
            f"Intensities of each volume were scaled linearly so that their percentiles {low:g} "
            f"and {high:g} became 0 and 1."
        )
    else:
        yield "Intensities of each volume were scaled to mean 0 and standard deviation 1."


def _arithmetic(group: Sequence[Provenance]) -> str:
    devices = dict.fromkeys(str(each.parameters.get("device", "")) for each in group)
    kinds = dict.fromkeys("a graphics card" if "cuda" in d else "the processor" for d in devices)
    precision = group[0].parameters.get("precision", "float32")
    return f"It was computed on {' and on '.join(kinds)} in {precision} arithmetic."


def _choices(made_by: Provenance) -> Iterable[str]:
    chosen = made_by.parameters
    if chosen.get("flips"):
        yield "Restorations of mirrored copies were averaged."
    if chosen.get("resample"):
        yield (
            "Stacks whose voxel size the network had not seen in training were resampled to the "
            "nearest that it had, and the results back to the voxels of the stacks."
        )
    if chosen.get("context", "whole") != "whole":
        yield f"Global operators saw {chosen['context']} voxels (Z, Y, X) at a time."
    if chosen.get("uncertainty"):
        yield "The width of the predicted distribution of every voxel was kept as a channel."
    if chosen.get("dtype") == "same":
        yield "Results have the voxel type of the stacks; values beyond it were clipped."
    yield from _conversion(chosen)


def _conversion(chosen: Mapping[str, Value]) -> Iterable[str]:
    """What an export has done to the voxels of a result."""
    limits, dtype = chosen.get("export_limits"), chosen.get("export_dtype", "same")
    into = "" if dtype == "same" else f" to {dtype}"
    if limits:
        low, high = str(limits).split(",")
        yield (
            f"For export they were converted{into}, with intensities from {low} to {high} spread "
            "over all values of the type."
        )
    elif into:
        yield f"For export they were converted{into}; values beyond it were clipped."


def _card(made_by: Provenance) -> ModelCard | None:
    """Of the model, if it is at hand with the same weights."""
    name = str(made_by.request.get("model", "")) or made_by.model
    try:
        card = find_offered(name, ZERO_SHOT).card
    except GvtError:
        return None
    return card if card.weights_sha256 == made_by.model_sha256 else None
