package open311

import (
	"math"

	"github.com/go-open311/open311/internal/match"
	"github.com/go-open311/open311/internal/wire"
)

// Point is a place on Earth in WGS84 degrees: latitude -90 to 90, longitude -180 to 180.
type Point struct {
	Lat  float64 `json:"lat"`
	Long float64 `json:"long"`
}

// Valid reports whether both coordinates are numbers in range. 0,0 is a valid place.
func (p Point) Valid() bool {
	return p.Lat >= -90 && p.Lat <= 90 && p.Long >= -180 && p.Long <= 180
}

// String returns the point as "52.52,13.405", without an exponent.
func (p Point) String() string {
	return formatDegrees(p.Lat) + "," + formatDegrees(p.Long)
}

// Circle is an area around a place; the radius is in metres.
type Circle struct {
	Center Point   `json:"center"`
	Radius float64 `json:"radius"`
}

// Box is an area between two parallels and two meridians: Min is its south-west corner, Max its
// north-east one.
type Box struct {
	Min Point `json:"min"`
	Max Point `json:"max"`
}

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

// distance returns how far a place lies from the box, in metres; 0 inside of it.
func (b Box) distance(p Point) float64 {
	if b.Contains(p) {
		return 0
	}
	lat := min(max(p.Lat, b.Min.Lat), b.Max.Lat)
	side := func(long float64) float64 { return distance(p, Point{lat, long}) }
	if (Box{Point{-90, b.Min.Long}, Point{90, b.Max.Long}}).Contains(p) {
		return side(p.Long)
	}
	return min(side(b.Min.Long), side(b.Max.Long))
}

// boxAround is the box whose sides lie so many metres from a place; over the meridian of 180 degrees if need be.
func boxAround(p Point, metres float64) *Box {
	const degree = earthRadius * math.Pi / 180 // of latitude, in metres
	lat := metres / degree
	long := min(lat/math.Cos(p.Lat*math.Pi/180), 180)
	around := func(deg float64) float64 { return math.Remainder(deg, 360) }
	b := &Box{Point{max(p.Lat-lat, -90), around(p.Long - long)}, Point{min(p.Lat+lat, 90), around(p.Long + long)}}
	if !(long > 0 && long < 180) { // at a pole
		b.Min.Long, b.Max.Long = -180, 180
	}
	return b
}

// distance is the length of the great circle between two places, in metres (haversine formula).
func distance(a, b Point) float64 {
	rad := func(deg float64) float64 { return deg * math.Pi / 180 }
	half := func(x float64) float64 { s := math.Sin(x / 2); return s * s }
	h := half(rad(b.Lat-a.Lat)) + math.Cos(rad(a.Lat))*math.Cos(rad(b.Lat))*half(rad(b.Long-a.Long))
	return 2 * earthRadius * math.Asin(math.Sqrt(min(1, h)))
}

// formatDegrees writes a coordinate for a query or a form: never with an exponent.
func formatDegrees(deg float64) string { return wire.FormatCoordinate(deg) }

// placeOf is a place as it is compared.
func placeOf(p *Point) *match.Place {
	if p == nil {
		return nil
	}
	return &match.Place{Lat: p.Lat, Long: p.Long}
}
