/* Coarse chroma coefficients + full-resolution gray -> sRGB, for rows of a photo: the same formulas and names as
 * rendering.py and gamut.py, which are the reference, in one pass over memory instead of thirty.
 *
 * Beside it the way in, RGB -> gray. Keeps no state: several threads may call it at once. A row is worked on in blocks that stay in the first-level cache.
 */
#include <stddef.h>
#include <stdint.h>

#ifdef TWO_VERSIONS /* the processor decides when the library is loaded */
#define VERSIONS __attribute__((target_clones("default", "avx2")))
#else
#define VERSIONS
#endif
#define INLINE static inline __attribute__((always_inline))

#ifndef SOURCE_CRC
#define SOURCE_CRC 0
#endif

enum { BLOCK = 512, HALVINGS = 8 };

/* What does not change within a photo. The layout is repeated in native.py.
 *
 * fy, luminance  for every level of gray: its compressed value, and Y 0...1
 * encoded        8 bits: linear light as a 16-bit code, code = value * codes + margin, -> sRGB byte
 * curve          16 bits: sRGB's power part over the square root of linear light, at 0, 1/CURVE, ... 1 + 1/CURVE
 * matrix         (3, 2) row by row: (X - Y, Z - Y) -> what linear R, G and B are more than Y
 * tolerance      linear light beyond 0...1 that still counts as inside sRGB
 */
typedef struct {
    const float *fy, *luminance;
    const uint8_t *encoded;
    const float *curve;
    const float *matrix;
    float codes, margin, tolerance;
    int32_t gray_bytes, out_bytes;
} Photo;

enum { CURVE = 4096 };
static const float DELTA = 6.0f / 29.0f, TOE_SLOPE = 3.0f * (6.0f / 29.0f) * (6.0f / 29.0f);
static const float KNEE = 0.0031308f;

typedef struct {
    float fy[BLOCK], luminance[BLOCK], fx[BLOCK], fz[BLOCK], red[BLOCK], green[BLOCK], blue[BLOCK];
    int32_t outside[BLOCK];
} Block;

INLINE float expand(float compressed) {
    float bend = compressed > DELTA ? compressed : DELTA;
    return bend * bend * bend + TOE_SLOPE * (compressed - bend);
}

typedef struct {
    float red, green, blue;
} Linear;

INLINE Linear linear_rgb(float fy, float luminance, float fx, float fz, const float *matrix) {
    float base = expand(fy), dx = expand(fx) - base, dz = expand(fz) - base;
    Linear rgb = {luminance + (matrix[0] * dx + matrix[1] * dz), luminance + (matrix[2] * dx + matrix[3] * dz),
                  luminance + (matrix[4] * dx + matrix[5] * dz)};
    return rgb;
}

INLINE int32_t is_outside(Linear rgb, float tolerance) {
    float least = rgb.red < rgb.green ? rgb.red : rgb.green, most = rgb.red > rgb.green ? rgb.red : rgb.green;
    least = least < rgb.blue ? least : rgb.blue;
    most = most > rgb.blue ? most : rgb.blue;
    return (least < -tolerance) | (most > 1 + tolerance);
}

/* Compressed values and Y of a block's pixels; what lies beyond the row's end is black. */
INLINE void read_gray(Block *block, const Photo *photo, const void *row, ptrdiff_t start, int count) {
    const uint8_t *bytes = (const uint8_t *)row + start;
    const uint16_t *words = (const uint16_t *)row + start;
    for (int i = 0; i < count; i++) {
        int level = photo->gray_bytes == 1 ? bytes[i] : words[i];
        block->fy[i] = photo->fy[level];
        block->luminance[i] = photo->luminance[level];
    }
    for (int i = count; i < BLOCK; i++)
        block->fy[i] = block->luminance[i] = block->fx[i] = block->fz[i] = 0;
}

/* f = slope * fy + offset, its coefficients on their way from the coarse row above to that below. */
INLINE void add_chroma(float *f, const float *fy, const float *above, const float *below, float way, ptrdiff_t width,
                       int count) {
    for (int i = 0; i < count; i++) {
        float slope = above[i] + (below[i] - above[i]) * way;
        float offset = above[width + i] + (below[width + i] - above[width + i]) * way;
        f[i] = slope * fy[i] + offset;
    }
}

/* -> whether any pixel lies outside sRGB */
INLINE int colour(Block *block, const Photo *photo) {
    int any = 0;
    for (int i = 0; i < BLOCK; i++) {
        Linear rgb = linear_rgb(block->fy[i], block->luminance[i], block->fx[i], block->fz[i], photo->matrix);
        block->red[i] = rgb.red;
        block->green[i] = rgb.green;
        block->blue[i] = rgb.blue;
        block->outside[i] = is_outside(rgb, photo->tolerance);
        any |= block->outside[i];
    }
    return any;
}

/* gamut.desaturate for the pixels that lie outside, drawn together so that they are searched side by side. */
INLINE void desaturate(Block *block, const Photo *photo) {
    int32_t at[BLOCK + 1];
    float fy[BLOCK], luminance[BLOCK], x[BLOCK], z[BLOCK], inside[BLOCK];
    int count = 0;
    for (int i = 0; i < BLOCK; i++) {
        at[count] = i;
        count += block->outside[i];
    }
    for (int k = 0; k < count; k++) {
        int i = at[k];
        fy[k] = block->fy[i];
        luminance[k] = block->luminance[i];
        x[k] = block->fx[i] - fy[k];
        z[k] = block->fz[i] - fy[k];
        inside[k] = 0;
    }
    float step = 0.5f;
    for (int halving = 0; halving < HALVINGS; halving++, step *= 0.5f)
        for (int k = 0; k < count; k++) {
            float tried = inside[k] + step;
            Linear rgb = linear_rgb(fy[k], luminance[k], fy[k] + tried * x[k], fy[k] + tried * z[k], photo->matrix);
            inside[k] = is_outside(rgb, photo->tolerance) ? inside[k] : tried;
        }
    for (int k = 0; k < count; k++) {
        int i = at[k];
        Linear rgb =
            linear_rgb(fy[k], luminance[k], fy[k] + inside[k] * x[k], fy[k] + inside[k] * z[k], photo->matrix);
        block->red[i] = rgb.red;
        block->green[i] = rgb.green;
        block->blue[i] = rgb.blue;
    }
}

/* Whatever the value is, even none (NaN), the code can be looked up. */
INLINE int32_t code(float value, const Photo *photo) {
    float scaled = value * photo->codes + photo->margin;
    scaled = scaled > 0 ? scaled : 0;
    return (int32_t)(scaled < 65535 ? scaled : 65535);
}

INLINE void write_bytes(const Block *block, const Photo *photo, uint8_t *out, int count) {
    int32_t red[BLOCK], green[BLOCK], blue[BLOCK];
    for (int i = 0; i < BLOCK; i++) {
        red[i] = code(block->red[i], photo);
        green[i] = code(block->green[i], photo);
        blue[i] = code(block->blue[i], photo);
    }
    for (int i = 0; i < count; i++) {
        out[3 * i] = photo->encoded[red[i]];
        out[3 * i + 1] = photo->encoded[green[i]];
        out[3 * i + 2] = photo->encoded[blue[i]];
    }
}

/* Linear light -> sRGB-encoded, 0...65535. */
INLINE uint16_t word(float value, const float *curve) {
    float light = value > 0 ? value : 0;
    light = light < 1 ? light : 1;
    float place = __builtin_sqrtf(light) * CURVE;
    int32_t step = (int32_t)place;
    float power = curve[step] + (curve[step + 1] - curve[step]) * (place - (float)step);
    float encoded = light > KNEE ? power : 12.92f * light;
    return (uint16_t)(encoded * 65535 + 0.5f);
}

INLINE void write_words(const Block *block, const Photo *photo, uint16_t *out, int count) {
    for (int i = 0; i < count; i++) {
        out[3 * i] = word(block->red[i], photo->curve);
        out[3 * i + 1] = word(block->green[i], photo->curve);
        out[3 * i + 2] = word(block->blue[i], photo->curve);
    }
}

/* Colours rows x width pixels.
 *
 * coarse  (n, 4, width): slope and offset of fx, slope and offset of fz, for rows of the coarse grid
 * above   for each row the number of the coarse row before it; the next one, `below`, comes after it
 * way     how far it is on the way from the one to the other, 0...1
 * out     (rows, width, 3)
 */
VERSIONS
void colour_strip(const Photo *photo, const void *gray, const float *coarse, const int32_t *above, const int32_t *below,
                  const float *way, ptrdiff_t rows, ptrdiff_t width, void *out) {
    Block block;
    for (ptrdiff_t row = 0; row < rows; row++) {
        const uint8_t *levels = (const uint8_t *)gray + row * width * photo->gray_bytes;
        for (ptrdiff_t start = 0; start < width; start += BLOCK) {
            int count = width - start < BLOCK ? (int)(width - start) : BLOCK;
            const float *a = coarse + above[row] * 4 * width + start, *b = coarse + below[row] * 4 * width + start;
            read_gray(&block, photo, levels, start, count);
            add_chroma(block.fx, block.fy, a, b, way[row], width, count);
            add_chroma(block.fz, block.fy, a + 2 * width, b + 2 * width, way[row], width, count);
            if (colour(&block, photo))
                desaturate(&block, photo);
            ptrdiff_t first = 3 * (row * width + start);
            if (photo->out_bytes == 1)
                write_bytes(&block, photo, (uint8_t *)out + first, count);
            else
                write_words(&block, photo, (uint16_t *)out + first, count);
        }
    }
}

/* sRGB of 8 bits -> the gray of its luminance, in 16 bits, sRGB-encoded.
 *
 * rgb     (count, 3)
 * linear  (3, 256): what each level of R, G and B adds to the luminance
 * gray    (count,)
 */
VERSIONS
void gray_of_rgb(const uint8_t *rgb, ptrdiff_t count, const float *linear, const float *curve, uint16_t *gray) {
    float luminance[BLOCK];
    for (ptrdiff_t start = 0; start < count; start += BLOCK) {
        int here = count - start < BLOCK ? (int)(count - start) : BLOCK;
        const uint8_t *pixel = rgb + 3 * start;
        for (int i = 0; i < here; i++)
            luminance[i] = linear[pixel[3 * i]] + linear[256 + pixel[3 * i + 1]] + linear[512 + pixel[3 * i + 2]];
        for (int i = 0; i < here; i++)
            gray[start + i] = word(luminance[i], curve);
    }
}

/* Takes red out of sRGB of 8 bits. -> whether green and blue are like it in every pixel: it is the gray in full. */
VERSIONS
int32_t red_of_rgb(const uint8_t *rgb, ptrdiff_t count, uint8_t *red) {
    int different = 0;
    for (ptrdiff_t i = 0; i < count; i++) {
        red[i] = rgb[3 * i];
        different |= (rgb[3 * i] ^ rgb[3 * i + 1]) | (rgb[3 * i] ^ rgb[3 * i + 2]);
    }
    return !different;
}

/* Tells a library made of another state of this file. */
uint32_t source_crc(void) { return SOURCE_CRC; }
