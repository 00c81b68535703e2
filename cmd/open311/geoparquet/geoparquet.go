// Package geoparquet writes the copy of a city that package mirror makes as GeoParquet 1.1, which DuckDB, GeoPandas,
// QGIS and others read.
package geoparquet

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/mirror"
)

// row is a row of the file.
type row struct {
	ID        *string `parquet:"service_request_id,optional"`
	Token     *string `parquet:"token,optional"`
	Status    *string `parquet:"status,optional,dict"`
	Notes     *string `parquet:"status_notes,optional"`
	Service   *string `parquet:"service_name,optional,dict"`
	Code      *string `parquet:"service_code,optional,dict"`
	Text      *string `parquet:"description,optional"`
	Agency    *string `parquet:"agency_responsible,optional,dict"`
	Notice    *string `parquet:"service_notice,optional"`
	Requested *int64  `parquet:"requested_datetime,optional,timestamp(millisecond)"`
	Updated   *int64  `parquet:"updated_datetime,optional,timestamp(millisecond)"`
	Expected  *int64  `parquet:"expected_datetime,optional,timestamp(millisecond)"`
	Address   *string `parquet:"address,optional"`
	AddressID *string `parquet:"address_id,optional"`
	Zipcode   *string `parquet:"zipcode,optional,dict"`
	MediaURL  *string `parquet:"media_url,optional"`
	Extra     *string `parquet:"extra,optional,json"`
	Geometry  []byte  `parquet:"geometry,optional"`
}

// Format is a file requests.parquet: a row a request, with the fields of the specification as columns, times in UTC, a
// point of well-known binary as geometry, and in extra a JSON object of what else there is.
func Format() mirror.Format {
	return mirror.Format{
		Name: "geoparquet", File: "requests.parquet",
		Begin: func(_ context.Context, path string) (mirror.Writer, error) {
			f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666) // and no link is followed
			if err != nil {
				return nil, err
			}
			return &writer{f: f}, nil
		},
		Resume: resume,
	}
}

// writer is mirror.Resumable.
type writer struct {
	f    *os.File
	file segments
	out  *parquet.GenericWriter[row] // of the segment that is being written; nil: the next row begins one
	box  *box
}

// box is the smallest one that all places are in.
type box struct{ West, South, East, North float64 }

func (w *writer) Write(r *mirror.Record) error {
	texts, extra, err := r.Values()
	if err != nil {
		return err
	}
	q := r.Request
	one := row{ID: text(texts[0]), Token: text(texts[1]), Status: text(texts[2]), Notes: text(texts[3]), Service: text(texts[4]),
		Code: text(texts[5]), Text: text(texts[6]), Agency: text(texts[7]), Notice: text(texts[8]), Requested: stamp(q.RequestedDatetime),
		Updated: stamp(q.UpdatedDatetime), Expected: stamp(q.ExpectedDatetime), Address: text(texts[12]), AddressID: text(texts[13]),
		Zipcode: text(texts[14]), MediaURL: text(texts[17]), Extra: text(extra)}
	if r.Place != nil {
		one.Geometry = w.point(*r.Place)
	}
	if w.out == nil {
		w.begin()
	}
	_, err = w.out.Write([]row{one})
	return err
}

func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func stamp(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}

// point writes a place as well-known binary, and widens the box of all.
func (w *writer) point(p open311.Point) []byte {
	if w.box == nil {
		w.box = &box{p.Long, p.Lat, p.Long, p.Lat}
	}
	w.box.West, w.box.East = min(w.box.West, p.Long), max(w.box.East, p.Long)
	w.box.South, w.box.North = min(w.box.South, p.Lat), max(w.box.North, p.Lat)
	b := []byte{1} // little-endian
	b = binary.LittleEndian.AppendUint32(b, 1)
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(p.Long))
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(p.Lat))
}

// Commit writes what makes the file GeoParquet, and ends it.
func (w *writer) Commit() error {
	column := map[string]any{"encoding": "WKB", "geometry_types": []string{"Point"}}
	if b := w.box; b != nil {
		column["bbox"] = []float64{b.West, b.South, b.East, b.North}
	}
	geo, err := json.Marshal(map[string]any{"version": "1.1.0", "primary_column": "geometry", "columns": map[string]any{"geometry": column}})
	if err != nil {
		return err
	}
	if err := w.end(); err != nil {
		return err
	}
	if err := w.file.finish(w.f, string(geo)); err != nil {
		return err
	}
	return w.Close()
}

// Close leaves the file as it is.
func (w *writer) Close() error {
	if w.f == nil {
		return nil
	}
	err := w.f.Close()
	w.f = nil
	return err
}

func (w *writer) Discard() {
	if w.f != nil {
		name := w.f.Name()
		_ = w.Close() // it is not wanted
		_ = os.Remove(name)
	}
}
