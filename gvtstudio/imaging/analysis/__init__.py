"""Measuring the same thing of several stacks, each in its own voxels.

To add an analysis: a function here that takes ``AnalysedVolumes`` and gives an ``Analysis``, a word
in ``AnalysisKind`` and a row in ``ANALYSES``.
"""

ANALYSES: dict[str, str] = {
    "profile": "gvtstudio.imaging.analysis.profiles:line_profiles",
    "zprofile": "gvtstudio.imaging.analysis.profiles:z_profiles",
    "spectrum": "gvtstudio.imaging.analysis.frequencies:spectra",
    "frc": "gvtstudio.imaging.analysis.frequencies:resolutions",
    "histogram": "gvtstudio.imaging.analysis.regions:histograms",
    "roi": "gvtstudio.imaging.analysis.regions:region_statistics",
    "spots": "gvtstudio.imaging.analysis.spots:spot_sizes",
}
