package form

import (
	"crypto/rand"
	"encoding/hex"
	"maps"
	"mime/multipart"
	"slices"
	"strings"
)

// Multipart returns a form in parts: one for each value of the fields, and then one for each file, all of
// these under one name (the draft of GeoReport v2.1).
func (f *Form) Multipart() (*Payload, error) {
	var random [24]byte
	_, _ = rand.Read(random[:]) // never fails
	boundary := "open311-" + hex.EncodeToString(random[:])
	p := &Payload{ContentType: "multipart/form-data; boundary=" + boundary}
	params := f.parameters()
	for _, name := range slices.Sorted(maps.Keys(params)) {
		for _, v := range params[name] {
			p.addText("--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + escapeQuotes(name) + "\"\r\n\r\n" + v + "\r\n")
		}
	}
	for i := range f.Files {
		file := &f.Files[i]
		p.addText("--" + boundary + "\r\nContent-Disposition: " + multipart.FileContentDisposition(f.FileField, file.Name) +
			"\r\nContent-Type: " + file.Type + "\r\n\r\n")
		if err := p.addFile(file, asBytes); err != nil {
			return nil, err
		}
		p.addText("\r\n")
	}
	p.addText("--" + boundary + "--\r\n")
	return p, nil
}

// escapeQuotes escapes the name of a field as browsers do.
var escapeQuotes = strings.NewReplacer("\\", "\\\\", `"`, "\\\"", "\r", "%0D", "\n", "%0A").Replace
