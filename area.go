package open311

import "math"

// earthRadius is the mean radius of the Earth in metres.
const earthRadius = 6371008.8

// Contains reports whether p lies in the circle, on a spherical Earth: right to half a per cent.
func (c Circle) Contains(p Point) bool {
	return p.Valid() && distance(c.Center, p) <= c.Radius
}

// Contains reports whether p lies in the box, its edges included. A box whose west side has the greater
// longitude spans the meridian of 180 degrees.
func (b Box) Contains(p Point) bool {
	if !p.Valid() || p.Lat < b.Min.Lat || p.Lat > b.Max.Lat {
		return false
	}
	if b.Min.Long > b.Max.Long {
		return p.Long >= b.Min.Long || p.Long <= b.Max.Long
	}
	return p.Long >= b.Min.Long && p.Long <= b.Max.Long
}

// distance is the length of the great circle between two places, in metres (haversine formula).
func distance(a, b Point) float64 {
	rad := func(deg float64) float64 { return deg * math.Pi / 180 }
	half := func(x float64) float64 { s := math.Sin(x / 2); return s * s }
	h := half(rad(b.Lat-a.Lat)) + math.Cos(rad(a.Lat))*math.Cos(rad(b.Lat))*half(rad(b.Long-a.Long))
	return 2 * earthRadius * math.Asin(math.Sqrt(min(1, h)))
}
