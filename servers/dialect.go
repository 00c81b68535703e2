package servers

import (
	"maps"
	"slices"
	"time"

	"github.com/go-open311/open311"
)

// The words that stand in rows for what package open311 has values for.
var (
	dialects = map[string]*open311.Dialect{
		"spec":        &open311.Spec,
		"spot":        &open311.Spot,
		"seeclickfix": &open311.SeeClickFix,
		"ureport":     &open311.UReport,
		"markaspot":   &open311.MarkASpot,
		"klarschiff":  &open311.Klarschiff,
		"citysdk":     &open311.CitySDK,
		"fixmystreet": &open311.FixMyStreet,
		"adapter":     &open311.Adapter,
	}
	formats      = map[string]open311.Format{"json": open311.FormatJSON, "xml": open311.FormatXML}
	pagingStyles = map[PagingStyle]open311.PagingStyle{
		PagingNumbers: open311.PagingNumbers, PagingOffset: open311.PagingOffset, PagingNone: open311.PagingNone}
	bodies      = map[string]open311.BodyStyle{"form": open311.BodyForm, "json": open311.BodyJSON, "xml": open311.BodyXML}
	multiValues = map[string]open311.MultiValueStyle{"brackets": open311.MultiBrackets, "repeat": open311.MultiRepeat,
		"indexed": open311.MultiIndexed, "comma": open311.MultiComma}
	media = map[string]open311.MediaStyle{"multipart": open311.MediaMultipart, "base64": open311.MediaBase64,
		"none": open311.MediaNone}
)

// apply puts the quirks of a row over a dialect. What the dialect shares with the variables of package
// open311 is copied, never changed.
func (q *Quirks) apply(d *open311.Dialect) {
	set(&d.Encoding, q.Encoding)
	set(&d.KeyParam, q.KeyParam)
	set(&d.KeyHeader, q.KeyHeader)
	set(&d.KeyScheme, q.KeyScheme)
	set(&d.BoxOrder, q.BoxOrder)
	set(&d.Definition, q.Definition)
	set(&d.QueryTime, q.QueryTime)
	set(&d.MediaField, q.MediaField)
	set(&d.NoSuffix, q.NoSuffix)
	set(&d.NotFoundIsEmpty, q.NotFoundIsEmpty)
	set(&d.Windows.Off, q.NoDates)
	set(&d.Windows.Span, time.Duration(q.WindowDays)*24*time.Hour)
	setList(&d.Accepts, q.Accepts)
	setList(&d.OneValue, q.OneValue)
	setList(&d.Ignores, q.Ignores)
	setList(&d.Requires, q.Requires)
	setList(&d.Statuses, q.Statuses)
	d.Rename = merge(d.Rename, q.Rename)
	d.Paths = merge(d.Paths, q.Paths)
	d.StatusWords = merge(d.StatusWords, q.StatusWords)
	setWord(&d.Body, q.Body, bodies)
	setWord(&d.MultiValue, q.MultiValue, multiValues)
	setWord(&d.Media, q.Media, media)
}

// apply puts what is known of a server's pages over a dialect.
func (p Paging) apply(d *open311.Dialect) {
	if p.Style != "" {
		d.Paging.Style, d.Paging.First = pagingStyles[p.Style], 0
		if p.Style == PagingNumbers && !p.FromZero {
			d.Paging.First = 1
		}
	}
	if p.Max > 0 {
		d.Paging.Cap = p.Max
	}
	if p.SizeParam == "" {
		return
	}
	d.Rename = merge(d.Rename, map[string]string{"page_size": p.SizeParam})
	if d.Paging.Style == open311.PagingNone {
		d.Windows.MaxRows = p.SizeParam
	}
}

func set[T comparable](to *T, from T) {
	var zero T
	if from != zero {
		*to = from
	}
}

func setList[T any](to *[]T, from []T) {
	if len(from) > 0 {
		*to = slices.Clone(from)
	}
}

func setWord[T any](to *T, word string, known map[string]T) {
	if v, ok := known[word]; ok {
		*to = v
	}
}

// merge returns a new map with the entries of both, or base itself if there is nothing to add.
func merge[V any](base, more map[string]V) map[string]V {
	if len(more) == 0 {
		return base
	}
	out := make(map[string]V, len(base)+len(more))
	maps.Copy(out, base)
	maps.Copy(out, more)
	return out
}
