import numpy as np

from colorizer_cli.color import gamut, lab

L, CHROMA, HUE = (
    plane.ravel().astype(np.float32)
    for plane in np.meshgrid(np.linspace(0, 100, 41), [20, 60, 110], np.radians(np.arange(0, 360, 5)), indexing="ij")
)
A, B = CHROMA * np.cos(HUE), CHROMA * np.sin(HUE)


def fits(chroma: np.ndarray) -> np.ndarray:
    colour = np.stack([L, chroma * np.cos(HUE), chroma * np.sin(HUE)], axis=-1)
    rgb = lab.lab_to_linear(colour.astype(np.float64))
    return (rgb.min(axis=-1) >= -1e-4) & (rgb.max(axis=-1) <= 1 + 1e-4)


OUTSIDE = ~fits(CHROMA)


def desaturated() -> np.ndarray:
    """(N, 3) Lab of what becomes of the ramp's colours outside sRGB."""
    fy = ((L + 16) / 116).astype(np.float32)
    planes = (fy, lab.expand(fy), fy + A / 500, fy - B / 200)
    rgb = gamut.desaturate(*(plane[OUTSIDE].astype(np.float32) for plane in planes))
    assert rgb.min() >= -1e-4
    assert rgb.max() <= 1 + 1e-4
    return lab.linear_to_lab(rgb.astype(np.float64))


def test_lightness_is_kept_for_every_colour():
    assert OUTSIDE.sum() > 4000
    assert np.abs(desaturated()[:, 0] - L[OUTSIDE]).max() < 0.05


def test_hue_does_not_shift():
    a, b = desaturated()[:, 1:].T
    visible = np.hypot(a, b) > 2  # below, the angle of a near-gray says nothing
    shift = np.degrees(np.angle(np.exp(1j * (np.arctan2(b, a) - HUE[OUTSIDE]))))
    assert visible.sum() > 4000
    assert np.abs(shift[visible]).max() < 1


def test_no_dark_pixel_is_left_gray():
    """Warm colours of the darkest levels: near black the margin bends most, and the search starts furthest off."""
    levels, warmth = (p.ravel() for p in np.meshgrid(np.arange(1, 40), np.linspace(5, 40, 60), indexing="ij"))
    luminance = lab.srgb_to_linear(levels / 255)
    fy = lab.compress(luminance)
    planes = (fy, luminance, fy + warmth / 2 / 500, fy - warmth / 200)
    rgb = gamut.desaturate(*(plane.astype(np.float32) for plane in planes))
    found = lab.linear_to_lab(rgb.astype(np.float64))
    assert (np.hypot(found[:, 1], found[:, 2]) > 0.3).all()


def test_desaturation_stops_at_the_edge_of_the_gamut():
    """As saturated as sRGB allows: found again by plain bisection with 40 steps."""
    out = desaturated()
    low, high = np.zeros(len(L)), np.ones(len(L))
    for _ in range(40):
        middle = (low + high) / 2
        inside = fits(middle * CHROMA)
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    found = np.hypot(out[:, 1], out[:, 2])
    assert np.percentile((low * CHROMA)[OUTSIDE] - found, 99) < 2.0
