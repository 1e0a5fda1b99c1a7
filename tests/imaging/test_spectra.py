import numpy as np
import pytest

from gvtstudio.imaging.spectra import plane_spectra, power_spectrum


def wave(shape, pixel_um, cycles_per_um) -> np.ndarray:
    """Along the columns, amplitude 10."""
    x = np.arange(shape[1]) * pixel_um[1]
    return np.tile(50 + 10 * np.cos(2 * np.pi * cycles_per_um * x), (shape[0], 1))


def test_white_noise_has_its_variance_at_every_frequency():
    noise = np.random.default_rng(0).normal(500, 20, (30, 64, 64))
    spectrum = power_spectrum(noise, (0.1, 0.1))
    assert spectrum.power[3:] == pytest.approx(400, rel=0.1)
    assert spectrum.power[3:].mean() == pytest.approx(400, rel=0.02)


def test_a_wave_stands_at_its_frequency():
    spectrum = power_spectrum(wave((100, 100), (0.1, 0.1), 2.0), (0.1, 0.1))
    assert spectrum.frequency_per_um[spectrum.power.argmax()] == pytest.approx(2.0)
    assert spectrum.frequency_per_um[-1] == pytest.approx(5.0)


def test_frequencies_count_the_size_of_pixels():
    spectrum = power_spectrum(wave((20, 120), (0.5, 0.1), 0.8), (0.5, 0.1))
    assert spectrum.frequency_per_um[spectrum.power.argmax()] == pytest.approx(0.8, abs=0.06)
    assert spectrum.frequency_per_um[-1] == pytest.approx(1.0, abs=0.06)


def test_power_adds_up_to_the_variance():
    """Parseval's theorem, for an image that the taper leaves to itself: noise."""
    noise = np.random.default_rng(2).normal(0, 3, (200, 32, 32))
    spectrum = power_spectrum(noise, (1.0, 1.0))
    assert spectrum.power[2:].mean() == pytest.approx(noise.var(), rel=0.03)


def test_blur_along_z_shows_where_z_is_seen():
    from scipy.ndimage import gaussian_filter1d

    noise = np.random.default_rng(3).normal(0, 1, (48, 48, 48))
    spectra = plane_spectra(gaussian_filter1d(noise, 3, axis=0), (0.1, 0.1, 0.1))
    high = {name: spectrum.power[12:].sum() for name, spectrum in spectra.items()}
    low = {name: spectrum.power[1:4].sum() for name, spectrum in spectra.items()}
    shares = {name: high[name] / low[name] for name in spectra}
    assert list(spectra) == ["XY", "XZ", "YZ"]
    assert shares["XZ"] == pytest.approx(shares["YZ"], rel=0.3)
    assert shares["XY"] > 1.5 * shares["XZ"]


def test_planes_too_thin_for_a_spectrum_are_left_out():
    assert list(plane_spectra(np.random.default_rng(0).random((3, 16, 16)), (1, 1, 1))) == ["XY"]
    with pytest.raises(ValueError, match="fewer than four"):
        power_spectrum(np.zeros((3, 16)), (1.0, 1.0))
