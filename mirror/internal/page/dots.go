package page

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/go-open311/open311"
)

// dotMap is the data of the map, as the script reads them.
type dotMap struct {
	Box      [4]float64 `json:"box"` // south, west, north, east
	First    int        `json:"first"`
	Services []string   `json:"services"`
	Classes  []string   `json:"classes"`
	IDs      []string   `json:"ids"`
	// Points has five little-endian 16-bit numbers a request: x from the west and y from the south, both
	// in parts of the box; the day, one more than after First, 0 if not known; the service; the class.
	Points []byte `json:"points"` // base64
}

// chart is what the page says about the map beside drawing it.
type chart struct {
	Data    dotMap
	Drawn   int
	Outside string // how many are too far from all others to be on one map with them; empty: none
	Crowds  []crowd
}

// crowd is a patch of the map with many requests.
type crowd struct {
	Place               string
	Total, Open, Closed string
	count               counts
}

const full = math.MaxUint16

// chart lays out the map.
func (s *Summary) chart(services []*service) chart {
	box := boxOf(s.dots)
	var c chart
	index := make(map[*service]int, len(services))
	for i, v := range services[:min(len(services), full)] {
		index[v] = i
		c.Data.Services = append(c.Data.Services, v.label())
	}
	c.Data.Box = [4]float64{box.Min.Lat, box.Min.Long, box.Max.Lat, box.Max.Long}
	c.Data.Classes = classNames[:]
	c.Data.First = s.since - 1
	outside := 0
	patches := map[[2]int]*crowd{}
	for _, d := range s.dots {
		x, okX := part(d.point.Long, box.Min.Long, box.Max.Long)
		y, okY := part(d.point.Lat, box.Min.Lat, box.Max.Lat)
		if !okX || !okY {
			outside++
			continue
		}
		c.Drawn++
		day := 0
		if d.day != noDay {
			day = min(max(d.day-c.Data.First+1, 1), full)
		}
		for _, v := range []int{int(x), int(y), day, index[d.service], int(d.class)} {
			c.Data.Points = binary.LittleEndian.AppendUint16(c.Data.Points, uint16(v))
		}
		c.Data.IDs = append(c.Data.IDs, d.id)
		at := [2]int{int(x) * patchesAcross / (full + 1), int(y) * patchesAcross / (full + 1)}
		if patches[at] == nil {
			patches[at] = &crowd{Place: patchName(box, at)}
		}
		patches[at].count[d.class]++
	}
	if outside > 0 {
		c.Outside = comma(outside)
	}
	c.Crowds = crowds(patches)
	return c
}

// patchesAcross is how many patches the map has from west to east, and from south to north.
const patchesAcross = 8

// patchName says where a patch is: its middle.
func patchName(box open311.Box, at [2]int) string {
	long := box.Min.Long + (box.Max.Long-box.Min.Long)*(float64(at[0])+0.5)/patchesAcross
	lat := box.Min.Lat + (box.Max.Lat-box.Min.Lat)*(float64(at[1])+0.5)/patchesAcross
	return degrees(lat, "N", "S") + ", " + degrees(long, "E", "W")
}

func degrees(v float64, plus, minus string) string {
	if v < 0 {
		plus, v = minus, -v
	}
	return fmt.Sprintf("%.3f° %s", v, plus)
}

// crowds lists the fullest patches.
func crowds(patches map[[2]int]*crowd) (list []crowd) {
	for _, p := range patches {
		p.Total, p.Open, p.Closed = comma(p.count.total()), comma(p.count[open]), comma(p.count[closed])
		list = append(list, *p)
	}
	slices.SortFunc(list, func(a, b crowd) int {
		return cmp.Or(b.count.total()-a.count.total(), cmp.Compare(a.Place, b.Place))
	})
	return list[:min(len(list), 10)]
}

// part says where v is between low and high, in parts of a 16-bit number.
func part(v, low, high float64) (uint16, bool) {
	if v < low || v > high {
		return 0, false
	}
	return uint16(math.Round((v - low) / (high - low) * full)), true
}

// boxOf returns the area that the map shows. A few places that are far from the rest, such as 0,0 for
// "not known", would make a dot of the city: they are left outside.
func boxOf(dots []dot) open311.Box {
	lats, longs := make([]float64, len(dots)), make([]float64, len(dots))
	for i, d := range dots {
		lats[i], longs[i] = d.point.Lat, d.point.Long
	}
	south, north := extent(lats)
	west, east := extent(longs)
	return open311.Box{Min: open311.Point{Lat: south, Long: west}, Max: open311.Point{Lat: north, Long: east}}
}

// extent returns where the values lie, without those that are farther off than the middle 98 percent
// of them are wide, and with a little margin.
func extent(values []float64) (low, high float64) {
	const least = 0.001 // about a hundred metres
	if len(values) == 0 {
		return 0, least
	}
	slices.Sort(values)
	a, b := values[len(values)/100], values[len(values)-1-len(values)/100]
	reach := max(b-a, least)
	low, high = b, a
	for _, v := range values {
		if v >= a-reach && v <= b+reach {
			low, high = min(low, v), max(high, v)
		}
	}
	margin := max((high-low)*0.02, least/2)
	return low - margin, high + margin
}
