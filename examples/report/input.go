package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"strings"

	"github.com/go-open311/open311"
)

// fill asks for what no flag has told, and checks it all before anything is sent.
func fill(ctx context.Context, c *open311.Client, n *open311.NewRequest) error {
	if n.ServiceCode == "" {
		services, err := c.Services.List(ctx)
		if err != nil {
			return err
		}
		for _, s := range services {
			fmt.Printf("%-8s %s\n", s.Code, s.Name)
		}
		if n.ServiceCode = ask("Which service?", ""); n.ServiceCode == "" {
			return errors.New("which service? Give one of the codes above with -service")
		}
	}
	def, err := c.Services.Definition(ctx, n.ServiceCode)
	if errors.Is(err, open311.ErrNotFound) {
		def = &open311.ServiceDefinition{} // many services ask nothing
	} else if err != nil {
		return err
	}
	for i := range def.Attributes {
		a := &def.Attributes[i]
		if told := n.Attributes[a.Code]; a.Variable && len(told) == 0 { // else it only tells something
			n.Attributes[a.Code] = strings.Split(ask(question(a), ""), ",")
		}
	}
	n.AddressString = ask("Where? Latitude,longitude or an address:", n.AddressString)
	var p open311.Point
	if _, err := fmt.Sscanf(n.AddressString, "%g,%g", &p.Lat, &p.Long); err == nil {
		n.Location, n.AddressString = &p, ""
	}
	n.Description = ask("What is the matter?", n.Description)
	return n.Validate(def)
}

// question puts an attribute in words.
func question(a *open311.Attribute) string {
	var q strings.Builder
	q.WriteString(cmp.Or(a.Description, a.Code))
	if a.DatatypeDescription != "" {
		q.WriteString(" " + a.DatatypeDescription)
	}
	for _, v := range a.Values {
		q.WriteString(fmt.Sprintf("\n  %-8s %s", v.Key, v.Name))
	}
	if !a.Required {
		q.WriteString("\n  (or nothing)")
	}
	return q.String() + "\n>"
}

var input = bufio.NewReader(os.Stdin)

// ask returns what a flag has told already, or what is typed in.
func ask(question, told string) string {
	info, err := os.Stdin.Stat()
	if null, _ := os.Stat(os.DevNull); told != "" || err != nil || info.Mode()&os.ModeCharDevice == 0 || os.SameFile(info, null) {
		return told
	}
	fmt.Print(question, " ")
	line, _ := input.ReadString('\n') // at its end what has been typed counts
	return strings.TrimSpace(line)
}

// photo is made here, as a camera would.
func photo() open311.Media {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))) // into memory
	return open311.Media{Name: "photo.png", Size: int64(b.Len()),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil }}
}
