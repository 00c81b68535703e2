package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/orisano/gosax"
)

func valid(doc []byte) error {
	if !json.Valid(doc) {
		return errors.New("no JSON")
	}
	return nil
}

// set stores the text of a field, as one does who writes a reader by hand.
func (p *plain) set(name, text string) (err error) {
	if text == "" {
		return nil
	}
	switch name {
	case "service_request_id":
		p.ID = text
	case "token":
		p.Token = text
	case "status":
		p.Status = text
	case "status_notes":
		p.StatusNotes = text
	case "service_name":
		p.ServiceName = text
	case "service_code":
		p.ServiceCode = text
	case "description":
		p.Description = text
	case "agency_responsible":
		p.AgencyResponsible = text
	case "service_notice":
		p.ServiceNotice = text
	case "requested_datetime":
		p.RequestedDatetime, err = time.Parse(time.RFC3339, text)
	case "updated_datetime":
		p.UpdatedDatetime, err = time.Parse(time.RFC3339, text)
	case "address":
		p.Address = text
	case "address_id":
		p.AddressID = text
	case "zipcode":
		p.Zipcode = text
	case "lat":
		p.Lat, err = strconv.ParseFloat(text, 64)
	case "long":
		p.Long, err = strconv.ParseFloat(text, 64)
	case "media_url":
		p.MediaURL = text
	}
	return err
}

func (p *plain) mark() int { return mark(p.ID, p.Description, p.RequestedDatetime, p.Lat) }

// tokens reads a list of flat objects by the tokens of jsontext, one record at a time.
func tokens(doc []byte) (sum int, err error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(doc))
	if _, err := d.ReadToken(); err != nil {
		return 0, err
	}
	for d.PeekKind() == '{' {
		var p plain
		if _, err := d.ReadToken(); err != nil {
			return sum, err
		}
		for d.PeekKind() != '}' {
			token, err := d.ReadToken()
			if err != nil {
				return sum, err
			}
			name := token.String()
			if token, err = d.ReadToken(); err != nil {
				return sum, err
			}
			if token.Kind() == 'n' {
				continue
			}
			if err := p.set(name, token.String()); err != nil {
				return sum, err
			}
		}
		if _, err := d.ReadToken(); err != nil {
			return sum, err
		}
		sum += p.mark()
	}
	_, err = d.ReadToken()
	return sum, err
}

// saxed reads a list of flat elements by the events of gosax, one record at a time.
func saxed(doc []byte) (sum int, err error) {
	r := gosax.NewReaderSize(bytes.NewReader(doc), 64<<10)
	var p plain
	var text []byte
	for depth := 0; ; {
		e, err := r.Event()
		if err == io.EOF || err == nil && e.Type() == gosax.EventEOF {
			return sum, nil
		}
		if err != nil {
			return sum, err
		}
		switch e.Type() {
		case gosax.EventStart:
			if e.Bytes[len(e.Bytes)-2] == '/' {
				continue // empty
			}
			if depth++; depth == 2 {
				p = plain{}
			}
			text = text[:0]
		case gosax.EventText:
			if depth == 3 {
				plainText, err := gosax.Unescape(e.Bytes)
				if err != nil {
					return sum, err
				}
				text = append(text, plainText...)
			}
		case gosax.EventEnd:
			if depth--; depth == 1 {
				sum += p.mark()
			} else if depth == 2 {
				name, _ := gosax.Name(e.Bytes)
				if err := p.set(string(name), string(text)); err != nil {
					return sum, err
				}
			}
		}
	}
}
