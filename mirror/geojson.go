package mirror

import "encoding/json"

// GeoJSON is a FeatureCollection after RFC 7946: requests.geojson. A feature has a Point or null, and all of the
// request as its properties.
func GeoJSON() Format {
	return textFormat("geojson", `{"type":"FeatureCollection","features":[`, func(f *textFile, empty bool) Writer {
		if empty {
			return &geojson{f, "\n"}
		}
		return &geojson{f, ",\n"}
	})
}

type geojson struct {
	*textFile
	next string // what stands before the next feature
}

// feature has its members in the order in which people expect them, and its properties behind them.
type feature struct {
	Type     string    `json:"type"`
	ID       string    `json:"id,omitempty"`
	Geometry *geometry `json:"geometry"`
}

type geometry struct {
	Type        string     `json:"type"`
	Coordinates [2]float64 `json:"coordinates"` // longitude first
}

func (g *geojson) Write(r *Record) error {
	if err := r.whole(); err != nil {
		return err
	}
	f := feature{Type: "Feature", ID: r.Request.ID}
	if p := r.Place; p != nil {
		f.Geometry = &geometry{"Point", [2]float64{p.Long, p.Lat}}
	}
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	_, _ = g.WriteString(g.next) // a bufio.Writer keeps its error
	g.next = ",\n"
	_, _ = g.textFile.Write(text[:len(text)-1])
	_, _ = g.WriteString(`,"properties":`)
	_, _ = g.textFile.Write(r.Line)
	return g.WriteByte('}')
}

// Commit closes the collection, too.
func (g *geojson) Commit() error {
	if _, err := g.WriteString("\n]}\n"); err != nil {
		return err
	}
	return g.textFile.Commit()
}
