import numpy as np

from colorizer_cli.color import gamut, lab

L, CHROMA, HUE = (
    plane.ravel().astype(np.float32)
    for plane in np.meshgrid(np.linspace(0, 100, 41), [20, 60, 110], np.radians(np.arange(0, 360, 5)), indexing="ij")
)


def merged(chroma: np.ndarray) -> np.ndarray:
    """(N, 3) Lab of what `merge` makes of the ramp."""
    fy = ((L + 16) / 116).astype(np.float32)
    luminance = lab.expand(fy)
    a, b = chroma * np.cos(HUE), chroma * np.sin(HUE)
    planes = (fy, luminance, fy + a / 500, fy - b / 200)
    (rgb,) = gamut.merge(*(plane.astype(np.float32)[None] for plane in planes))
    assert rgb.min() >= -1e-4
    assert rgb.max() <= 1 + 1e-4
    return lab.linear_to_lab(rgb.astype(np.float64))


def test_lightness_is_kept_for_every_colour():
    assert np.abs(merged(CHROMA)[:, 0] - L).max() < 0.05


def test_hue_does_not_shift():
    a, b = merged(CHROMA)[:, 1:].T
    visible = np.hypot(a, b) > 2  # below, the angle of a near-gray says nothing
    shift = np.degrees(np.angle(np.exp(1j * (np.arctan2(b, a) - HUE))))
    assert visible.sum() > 5000
    assert np.abs(shift[visible]).max() < 1


def test_colours_inside_the_gamut_are_not_touched():
    rgb = np.random.default_rng(0).uniform(0.02, 0.98, (5000, 3)).astype(np.float32)
    colours = lab.linear_to_lab(rgb)
    fy = (colours[:, 0] + 16) / 116
    planes = (fy, lab.expand(fy), fy + colours[:, 1] / 500, fy - colours[:, 2] / 200)
    np.testing.assert_allclose(gamut.merge(*(plane[None] for plane in planes))[0], rgb, atol=2e-4)


def test_no_dark_pixel_is_left_gray():
    """Warm colours of the darkest levels: near black the margin bends most, and the search starts furthest off."""
    levels, warmth = (p.ravel() for p in np.meshgrid(np.arange(1, 40), np.linspace(5, 40, 60), indexing="ij"))
    luminance = lab.srgb_to_linear(levels / 255)
    fy = lab.compress(luminance)
    planes = (fy, luminance, fy + warmth / 2 / 500, fy - warmth / 200)
    (rgb,) = gamut.merge(*(plane.astype(np.float32)[None] for plane in planes))
    found = lab.linear_to_lab(rgb.astype(np.float64))
    assert (np.hypot(found[:, 1], found[:, 2]) > 0.3).all()


def test_desaturation_stops_at_the_edge_of_the_gamut():
    """As saturated as sRGB allows: found again by plain bisection with 40 steps."""
    out = merged(CHROMA)
    low, high = np.zeros(len(L)), np.ones(len(L))
    for _ in range(40):
        middle = (low + high) / 2
        colour = np.stack([L, middle * CHROMA * np.cos(HUE), middle * CHROMA * np.sin(HUE)], axis=-1)
        rgb = lab.lab_to_linear(colour.astype(np.float64))
        fits = (rgb.min(axis=-1) >= -1e-4) & (rgb.max(axis=-1) <= 1 + 1e-4)
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    found = np.hypot(out[:, 1], out[:, 2])
    assert np.percentile(low * CHROMA - found, 99) < 2.0
