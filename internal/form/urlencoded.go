package form

import "net/url"

// Encode returns a form of fields alone.
func Encode(fields url.Values) (*Payload, error) {
	p := &Payload{ContentType: "application/x-www-form-urlencoded; charset=utf-8"}
	p.addText(fields.Encode())
	return p, nil
}

// URLEncoded returns a form. Files stand in it as base64 (Klarschiff, CitizenLab).
func (f *Form) URLEncoded() (*Payload, error) {
	p, err := Encode(f.parameters())
	for i := 0; i < len(f.Files) && err == nil; i++ {
		amp := "&"
		if p.Size == 0 {
			amp = ""
		}
		p.addText(amp + url.QueryEscape(f.FileField) + "=")
		err = p.addFile(&f.Files[i], asFormValue)
	}
	return p, err
}
