package match

import "math"

// Place is a place in degrees.
type Place struct{ Lat, Long float64 }

// earthRadius is the mean radius of the Earth in metres.
const earthRadius = 6371008.8

// Distance is the length of the great circle between two places, in metres (haversine formula).
func Distance(a, b Place) float64 {
	rad := func(deg float64) float64 { return deg * math.Pi / 180 }
	half := func(x float64) float64 { s := math.Sin(x / 2); return s * s }
	h := half(rad(b.Lat-a.Lat)) + math.Cos(rad(a.Lat))*math.Cos(rad(b.Lat))*half(rad(b.Long-a.Long))
	return 2 * earthRadius * math.Asin(math.Sqrt(min(1, h)))
}

// known returns a place that says something: nil and 0, 0, which stands for nothing at many servers, do not.
func known(mine, shown *Place) bool {
	return mine != nil && shown != nil && (*shown != Place{} || *mine == Place{})
}

// The digits to which cities round places: with 3 it is the street, with 2 the neighbourhood.
const fewestRounded, mostRounded = 2, 3

// rounded reports whether a place may be mine with fewer digits: some cities show places no more exactly than the
// neighbourhood.
func rounded(mine, shown Place) bool {
	digits := max(decimals(shown.Lat), decimals(shown.Long))
	if digits > mostRounded || digits < fewestRounded {
		return false
	}
	step := math.Pow(10, -float64(digits))
	return math.Abs(mine.Lat-shown.Lat) < step && math.Abs(mine.Long-shown.Long) < step
}

// decimals returns how many digits there are behind the point, 7 at most.
func decimals(f float64) int {
	for n, scale := 0, 1.0; n < 7; n, scale = n+1, scale*10 {
		if x := f * scale; math.Abs(x-math.Round(x)) < 1e-6*math.Max(1, scale/1e3) {
			return n
		}
	}
	return 7
}
