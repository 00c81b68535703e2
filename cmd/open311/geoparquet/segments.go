package geoparquet

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/go-open311/open311/mirror"
)

// group is how many rows are compressed together; as many are in memory.
const group = 50_000

// segments is the beginning of a Parquet file that is safe. A file is written as one segment behind the other, each of
// them a whole Parquet file whose footer the next one is written over: one footer for all of them ends the file.
// What the footers have said is kept, so that a program which was stopped goes on behind the last segment.
type segments struct {
	Size   int64   // of the file without a footer
	Footer []byte  // of all segments; nil if there are none
	Begins []int64 // of the segment of each group of rows
}

const magic = "PAR1"

// state is what a checkpoint keeps.
type state struct {
	segments
	Box *box
}

// Checkpoint ends a segment, and sees to it that it is on the disk.
func (w *writer) Checkpoint() ([]byte, error) {
	if err := w.end(); err != nil {
		return nil, err
	}
	if err := w.f.Sync(); err != nil {
		return nil, err
	}
	return json.Marshal(state{w.file, w.box})
}

// begin begins a segment.
func (w *writer) begin() {
	w.out = parquet.NewGenericWriter[row](io.NewOffsetWriter(w.f, w.file.Size), parquet.Compression(&zstd.Codec{}), parquet.MaxRowsPerRowGroup(group))
}

// end ends the segment that is being written, if there is one. A file without rows has one without rows.
func (w *writer) end() error {
	if w.out == nil && w.file.Footer != nil {
		return nil
	}
	if w.out == nil {
		w.begin()
	}
	err := w.out.Close()
	w.out = nil
	if err != nil {
		return err
	}
	return w.file.add(w.f)
}

// resume goes on behind the last checkpoint of a file.
func resume(_ context.Context, path string, checkpoint []byte) (mirror.Writer, error) {
	var s state
	if err := json.Unmarshal(checkpoint, &s); err != nil {
		return nil, err
	}
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() || info.Size() < s.Size:
		return nil, fmt.Errorf("%s is not the file that was left", path)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	if is, e := f.Stat(); e != nil || !os.SameFile(info, is) {
		return nil, errors.Join(fmt.Errorf("%s is not the file that was left", path), e, f.Close())
	}
	if err := f.Truncate(s.Size); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &writer{f: f, file: s.segments, box: s.Box}, nil
}

// add takes over the segment that a file ends with, and its footer off the end.
func (s *segments) add(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	tail := make([]byte, 4+len(magic)) // the length of the footer, and the magic
	if _, err := f.ReadAt(tail, info.Size()-int64(len(tail))); err != nil {
		return err
	}
	footer := make([]byte, binary.LittleEndian.Uint32(tail))
	end := info.Size() - int64(len(tail)+len(footer))
	if _, err := f.ReadAt(footer, end); err != nil {
		return err
	}
	var all, last format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), footer, &last); err != nil {
		return err
	}
	if s.Footer == nil {
		all = last
	} else {
		if err := thrift.Unmarshal(new(thrift.CompactProtocol), s.Footer, &all); err != nil {
			return err
		}
		for _, g := range last.RowGroups {
			g.Ordinal = int16(len(all.RowGroups))
			move(&g, s.Size)
			all.RowGroups = append(all.RowGroups, g)
		}
		all.NumRows += last.NumRows
	}
	for range last.RowGroups {
		s.Begins = append(s.Begins, s.Size)
	}
	s.Size = end
	s.Footer, err = thrift.Marshal(new(thrift.CompactProtocol), &all)
	return err
}

// move says where a group of rows of a segment is in the whole file.
func move(g *format.RowGroup, by int64) {
	offsets := []*int64{&g.FileOffset}
	for i := range g.Columns {
		c := &g.Columns[i]
		offsets = append(offsets, &c.FileOffset, &c.ColumnIndexOffset, &c.OffsetIndexOffset,
			&c.MetaData.DataPageOffset, &c.MetaData.IndexPageOffset, &c.MetaData.DictionaryPageOffset, &c.MetaData.BloomFilterOffset)
	}
	for _, offset := range offsets {
		if *offset > 0 { // 0: there is no such thing
			*offset += by
		}
	}
}

// gather writes the indexes of the pages of all columns one behind the other, as readers expect them, behind the end:
// first the bounds of the values, then the places of the pages, which are counted from the beginning of the file now.
func (s *segments) gather(f *os.File, groups []format.RowGroup) (end int64, err error) {
	end = s.Size
	put := func(offset *int64, length *int32, change func(text []byte) ([]byte, error)) error {
		if *length == 0 {
			return nil
		}
		text := make([]byte, *length)
		if _, err := f.ReadAt(text, *offset); err != nil {
			return err
		}
		if text, err = change(text); err != nil {
			return err
		}
		*offset, *length = end, int32(len(text))
		end += int64(len(text))
		_, err := f.WriteAt(text, *offset)
		return err
	}
	same := func(text []byte) ([]byte, error) { return text, nil }
	for i := range groups {
		for k := range groups[i].Columns {
			c := &groups[i].Columns[k]
			if err := put(&c.ColumnIndexOffset, &c.ColumnIndexLength, same); err != nil {
				return 0, err
			}
		}
	}
	for i := range groups {
		moved := func(text []byte) ([]byte, error) {
			var index format.OffsetIndex
			if err := thrift.Unmarshal(new(thrift.CompactProtocol), text, &index); err != nil {
				return nil, err
			}
			for k := range index.PageLocations {
				index.PageLocations[k].Offset += s.Begins[i]
			}
			return thrift.Marshal(new(thrift.CompactProtocol), &index)
		}
		for k := range groups[i].Columns {
			c := &groups[i].Columns[k]
			if err := put(&c.OffsetIndexOffset, &c.OffsetIndexLength, moved); err != nil {
				return 0, err
			}
		}
	}
	return end, nil
}

// finish writes the footer of all segments.
func (s *segments) finish(f *os.File, geo string) error {
	var all format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), s.Footer, &all); err != nil {
		return err
	}
	end, err := s.gather(f, all.RowGroups)
	if err != nil {
		return err
	}
	all.KeyValueMetadata = append(all.KeyValueMetadata, format.KeyValue{Key: "geo", Value: geo})
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &all)
	if err != nil {
		return err
	}
	footer = binary.LittleEndian.AppendUint32(footer, uint32(len(footer)))
	if _, err := f.WriteAt(append(footer, magic...), end); err != nil {
		return err
	}
	return f.Truncate(end + int64(len(footer)+len(magic)))
}
