package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/wire"
)

// pageSize is how many records a document has.
const pageSize = 1000

var table = wire.TableOf[open311.ServiceRequest]()

// hole stands in a document where the number of its page goes.
const hole = "@@@@@"

var words = strings.Fields(`there is a deep hole in front of the bakery and cyclists swerve into traffic it has been like this for
weeks gets worse with every lorry please send someone before weekend water running from pipe beside bus stop since storm on Sunday
night lamp dark broken glass lies footway my neighbours have seen too photos both sides road thank you looking reported last year
as well repaired within days now back at exactly same spot café Königsallee école`)

var kinds = [...][3]string{
	{"POT-1", "Pothole on a Carriageway", "Streets and Bridges"}, {"LGT-2", "Street Light Out or Flickering", "Electrical Services"},
	{"GRF-7", "Graffiti on Public Property", "Clean City Bureau"}, {"TRE-3", "Tree or Limb Down", "Parks & Forestry"},
	{"WST-4", "Missed Collection", "Waste & Recycling"}, {"SGN-5", "Sign Missing, Bent or Unreadable", "Traffic Engineering"},
}

// record makes record i of an invented city, always the same.
func record(i int) open311.ServiceRequest {
	random := rand.New(rand.NewPCG(uint64(i), 311))
	text := func(n int) string {
		var b strings.Builder
		for k := range n {
			if k > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(words[random.IntN(len(words))])
		}
		return b.String()
	}
	kind := kinds[random.IntN(len(kinds))]
	r := open311.ServiceRequest{
		ID: fmt.Sprintf("%s-%04d", hole, i), Status: open311.StatusOpen, ServiceCode: kind[0], ServiceName: kind[1], AgencyResponsible: kind[2],
		Description: text(15+random.IntN(25)) + ".", RequestedDatetime: time.Unix(1_700_000_000-911*int64(i), 0).UTC(),
		Address: fmt.Sprintf("%d %s Street, Springfield", 1+random.IntN(900), words[random.IntN(len(words))]), Zipcode: fmt.Sprint(10_115 + random.IntN(80_000)),
		Location: &open311.Point{Lat: 42.2 + float64(random.IntN(1_900_000))/1e7, Long: -71.2 + float64(random.IntN(1_900_000))/1e7},
	}
	r.UpdatedDatetime = r.RequestedDatetime.Add(time.Duration(1+random.IntN(90)) * time.Hour)
	if random.IntN(3) > 0 {
		r.Status, r.StatusNotes = open311.StatusClosed, text(6)
	}
	if random.IntN(3) == 0 {
		r.MediaURL = fmt.Sprintf("https://media.springfield.example/requests/%d/photo.jpg?size=large&rev=2", i)
	}
	return r
}

// document is a page of n records with every field of the specification, in which the number of the page is left out.
func document(f wire.Format, n int) []byte {
	values := make([]wire.Value, n)
	for i := range values {
		r := record(i)
		values[i] = table.Encode(&r)
	}
	return table.Document(f, values)
}

// numbered puts the number of the page into a document.
func numbered(doc []byte, page int) []byte {
	return bytes.ReplaceAll(doc, []byte(hole), fmt.Appendf(nil, "%05d", page))
}

// mark is what a record adds to the number that shows what was read.
func mark(id, description string, at time.Time, lat float64) int {
	return len(id) + len(description) + int(at.Unix()&0xFF) + int(lat)
}
