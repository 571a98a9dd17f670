"""Quad meshes in numpy: the few solids that all furniture is made of. Metres, z up, front is -y."""

import math

import numpy as np


class Mesh:
    """A growing mesh. Each face has a role ("seat", "legs"...) that a finish is given to later.

    `surfaces` lists where small things can stand: (kind, x0, x1, y0, y1, z) in metres.
    """

    def __init__(self):
        self.parts = []
        self.surfaces = []

    def add(self, verts, quads, uv, role):
        """Append a part: verts (n, 3) m, quads (m, 4) indices, uv (m, 4, 2) in metres or 0..1."""
        shift = 0.377 * len(self.parts) if np.abs(uv).max() > 1.001 or role not in FITTED else 0.0
        self.parts.append((np.asarray(verts, float), np.asarray(quads, int), uv + shift, role))

    def surface(self, kind, x0, x1, y0, y1, z):
        self.surfaces.append((kind, x0, x1, y0, y1, z))

    @property
    def roles(self):
        return list(dict.fromkeys(part[3] for part in self.parts))

    def arrays(self):
        """(verts (n, 3), normals (n, 3), quads (m, 4), uv (m, 4, 2), role index (m,)) of all parts."""
        roles, start, out = self.roles, 0, []
        for verts, quads, uv, role in self.parts:
            out.append((verts, normals(verts, quads), quads + start, uv, np.full(len(quads), roles.index(role))))
            start += len(verts)
        return tuple(np.concatenate(column) for column in zip(*out, strict=True))

    def bounds(self):
        """(low (3,), high (3,)) in metres."""
        verts = np.concatenate([part[0] for part in self.parts])
        return verts.min(0), verts.max(0)

    def box(self, at, size, role, r=0.008, rot=(0, 0, 0), puff=0.0, cells=1):
        """A box of `size` centred at `at`, edges rounded by `r`; `puff` swells the faces like a cushion."""
        size = np.asarray(size, float) + 0.0007 * (len(self.parts) // 6 % 7)  # no two faces may lie in one plane
        half, r = size / 2, min(r, float(size.min()) / 2 * 0.98)
        grain = int(np.argmax(size))
        for axis in range(3):
            for sign in (-1, 1):
                self._face(at, half, r, axis, sign, role, rotation(*rot), puff, cells if puff == 0 else 10, grain)

    def _face(self, at, half, r, axis, sign, role, turn, puff, cells, grain):
        a, b = (axis + 1) % 3, (axis + 2) % 3
        inner_a, lean_a = _ticks(half[a] - r, cells)
        inner_b, lean_b = _ticks(half[b] - r, cells)
        grid_a, grid_b = np.meshgrid(np.arange(len(inner_a)), np.arange(len(inner_b)), indexing="ij")
        points, lean = np.zeros((*grid_a.shape, 3)), np.zeros((*grid_a.shape, 3))
        points[..., a], points[..., b], points[..., axis] = inner_a[grid_a], inner_b[grid_b], half[axis] - r
        lean[..., a], lean[..., b], lean[..., axis] = lean_a[grid_a], lean_b[grid_b], 1.0
        points += r * lean / np.linalg.norm(lean, axis=-1, keepdims=True)
        if puff:
            swell = (1 - (points / half).clip(-1, 1) ** 2).clip(0)
            for k in range(3):
                others = swell[..., (k + 1) % 3] * swell[..., (k + 2) % 3]
                points[..., k] += puff * np.sign(points[..., k]) * (np.abs(points[..., k]) / half[k]) * others
        points[..., axis] *= sign
        quads = grid_quads(*grid_a.shape)
        quads = quads if sign > 0 else quads[:, ::-1]
        flat = points.reshape(-1, 3)
        along, across = (a, b) if a == grain or axis == grain else (b, a)
        uv = flat[:, [along, across]][quads]
        self.add(flat @ turn.T + at, quads, uv, role)

    def lathe(self, profile, role, at=(0, 0, 0), seg=36, rot=(0, 0, 0), squash=1.0, wobble=0.0, lobes=0, smooth=False):
        """Turn `profile` [(radius, height) ...] (bottom to top) about z; `lobes` flutes the surface by `wobble`."""
        profile = np.asarray(rounded(profile) if smooth else soften(profile), float)
        angle = np.linspace(0, 2 * math.pi, seg + 1)
        radius = profile[:, :1] * (1 + wobble * np.cos(lobes * angle))
        verts = np.stack(
            [radius * np.cos(angle), radius * np.sin(angle) * squash, np.repeat(profile[:, 1:], seg + 1, 1)], -1
        )
        length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(profile, axis=0), axis=1))])
        around = np.linspace(0, 2 * math.pi * profile[:, 0].max(), seg + 1)
        coords = np.stack(np.meshgrid(length, around, indexing="ij"), -1).reshape(-1, 2)[:, ::-1]
        quads = grid_quads(len(profile), seg + 1)[:, ::-1]
        self.add(verts.reshape(-1, 3) @ rotation(*rot).T + at, quads, coords[quads], role)

    def rod(self, points, radius, role, seg=10):
        """A round bar through `points` (k, 3); `radius` one number or one for each point, metres."""
        points = np.asarray(points, float)
        radius = np.broadcast_to(np.asarray(radius, float), (len(points),))
        tangent = np.gradient(points, axis=0)
        tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
        seed = np.where(np.abs(tangent[:, 2:]) > 0.95, [[1.0, 0, 0]], [[0, 0, 1.0]])
        side = np.cross(tangent, seed)
        side /= np.linalg.norm(side, axis=1, keepdims=True)
        up = np.cross(side, tangent)
        angle = np.linspace(0, 2 * math.pi, seg + 1)[None, :, None]
        ring = points[:, None] + radius[:, None, None] * (np.cos(angle) * side[:, None] + np.sin(angle) * up[:, None])
        first, last = ring[:1] * 0.02 + points[0] * 0.98, ring[-1:] * 0.02 + points[-1] * 0.98
        ring = np.concatenate([first, ring, last])
        length = np.linspace(0, np.linalg.norm(np.diff(points, axis=0), axis=1).sum(), len(ring))
        coords = np.stack(np.meshgrid(length, angle.ravel() * radius.max(), indexing="ij"), -1).reshape(-1, 2)
        quads = grid_quads(len(ring), seg + 1)
        self.add(ring.reshape(-1, 3), quads, coords[quads], role)

    def sheet(self, corners, role, cells=(1, 1), bend=None):
        """A thin surface over 4 corners (origin, +u, +u+v, +v), uv 0..1; `bend(u, v)` offsets it (…, 3) m."""
        o, pu, _, pv = (np.asarray(corner, float) for corner in corners)
        u, v = np.meshgrid(np.linspace(0, 1, cells[0] + 1), np.linspace(0, 1, cells[1] + 1), indexing="ij")
        verts = o + u[..., None] * (pu - o) + v[..., None] * (pv - o)
        if bend:
            verts = verts + bend(u, v)
        quads = grid_quads(cells[0] + 1, cells[1] + 1)
        self.add(verts.reshape(-1, 3), quads, np.stack([u, v], -1).reshape(-1, 2)[quads], role)

    def ball(self, at, radius, role, seg=20, squash=1.0):
        angle = np.linspace(-math.pi / 2, math.pi / 2, seg // 2 + 1)
        profile = [(max(1e-4, radius * math.cos(t)), radius * squash * math.sin(t)) for t in angle]
        self.lathe(profile, role, at=at, seg=seg)

    def merge(self, other, at=(0, 0, 0), turn=0.0):
        """Add the parts of `other`, turned about z by `turn` radians and moved."""
        matrix = rotation(0, 0, turn)
        for verts, quads, uv, role in other.parts:
            self.parts.append((verts @ matrix.T + at, quads, uv, role))


# Roles whose uv run 0..1 over the whole part, because a picture is fitted to them.
FITTED = frozenset({"picture", "dial", "rug"})


def _ticks(inner, cells):
    """Grid lines along one axis of a rounded box: (inner positions, lean of the normal)."""
    lean = np.tan(np.radians([45.0, 22.5]))
    positions = np.concatenate([[-inner] * 2, np.linspace(-inner, inner, cells + 1), [inner] * 2])
    return positions, np.concatenate([-lean, np.zeros(cells + 1), lean[::-1]])


def soften(profile, step=0.0015):
    """Points just before and after each corner of a profile, so that area-weighted normals keep faces flat."""
    points = [np.asarray(p, float) for p in profile]
    out = [points[0]]
    for before, point, after in zip(points, points[1:], points[2:], strict=False):
        for other in (before, after):
            length = np.linalg.norm(other - point)
            out.append(point + (other - point) * min(step, length / 4) / max(length, 1e-9))
    return [*out, points[-1]]


def rounded(profile, steps=5):
    """A Catmull-Rom curve through a profile, as a potter would turn it."""
    p = np.asarray([profile[0], *profile, profile[-1]], float)
    out = []
    for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False):
        t = (np.arange(steps) / steps)[:, None]
        out.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    curve = np.concatenate([*out, p[-1:]])
    curve[:, 0] = curve[:, 0].clip(0.001)
    return curve


def grid_quads(rows, columns):
    """Quads (m, 4) over a rows x columns grid of vertices, row-major."""
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
    corner = (i * columns + j).ravel()
    return np.stack([corner, corner + columns, corner + columns + 1, corner + 1], 1)


def rotation(x, y, z):
    """Rotation matrix (3, 3) of Euler angles in radians, x first."""
    cx, sx, cy, sy, cz, sz = math.cos(x), math.sin(x), math.cos(y), math.sin(y), math.cos(z), math.sin(z)
    rx = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    ry = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    return np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]]) @ ry @ rx


def normals(verts, quads):
    """Area-weighted unit normals (n, 3); coincident vertices share one, so seams do not show."""
    corners = verts[quads]
    face = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    _, same = np.unique(np.round(verts, 5), axis=0, return_inverse=True)
    same = same.ravel()
    total = np.zeros((same.max() + 1, 3))
    for k in range(4):
        np.add.at(total, same[quads[:, k]], face)
    total /= np.linalg.norm(total, axis=1, keepdims=True).clip(1e-12)
    return total[same]
