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
	"github.com/parquet-go/parquet-go/compress/zstd"

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

// group is how many rows are compressed together; as many are in memory.
const group = 50_000

// Format is a file requests.parquet: a row a request, with the fields of the specification as columns, times in UTC, a
// point of well-known binary as geometry, and in extra a JSON object of what else there is.
func Format() mirror.Format {
	return mirror.Format{Name: "geoparquet", File: "requests.parquet", Begin: func(_ context.Context, path string) (mirror.Writer, error) {
		f, err := os.Create(path)
		if err != nil {
			return nil, err
		}
		return &writer{f: f, out: parquet.NewGenericWriter[row](f, parquet.Compression(&zstd.Codec{}), parquet.MaxRowsPerRowGroup(group)),
			west: math.Inf(1), south: math.Inf(1), east: math.Inf(-1), north: math.Inf(-1)}, nil
	}}
}

type writer struct {
	f                        *os.File
	out                      *parquet.GenericWriter[row]
	west, south, east, north float64
	placed                   bool
}

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
	w.placed = true
	w.west, w.east = min(w.west, p.Long), max(w.east, p.Long)
	w.south, w.north = min(w.south, p.Lat), max(w.north, p.Lat)
	b := []byte{1} // little-endian
	b = binary.LittleEndian.AppendUint32(b, 1)
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(p.Long))
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(p.Lat))
}

// Commit writes what makes the file GeoParquet, and ends it.
func (w *writer) Commit() error {
	column := map[string]any{"encoding": "WKB", "geometry_types": []string{"Point"}}
	if w.placed {
		column["bbox"] = []float64{w.west, w.south, w.east, w.north}
	}
	geo, err := json.Marshal(map[string]any{"version": "1.1.0", "primary_column": "geometry", "columns": map[string]any{"geometry": column}})
	if err != nil {
		return err
	}
	w.out.SetKeyValueMetadata("geo", string(geo))
	if err := w.out.Close(); err != nil {
		return err
	}
	err = w.f.Close()
	w.f = nil
	return err
}

func (w *writer) Discard() {
	if w.f != nil {
		_ = w.f.Close() // it is not wanted
		_ = os.Remove(w.f.Name())
	}
}
