package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-open311/open311"
)

type reportCmd struct {
	city
	output
	Service   string            `placeholder:"CODE" help:"What it is about; \"open311 services\" lists codes."`
	Place     string            `placeholder:"PLACE" help:"Where: latitude,longitude or an address."`
	Text      string            `placeholder:"TEXT" help:"What is the matter."`
	Attr      map[string]string `mapsep:"none" placeholder:"CODE=WORD" help:"An answer; KEY,KEY for several. May be repeated."`
	Media     []string          `type:"existingfile" placeholder:"FILE" help:"A photo. May be repeated."`
	Email     string            `placeholder:"ADDRESS" help:"The reporter's, as the next three are."`
	FirstName string            `placeholder:"NAME"`
	LastName  string            `placeholder:"NAME"`
	Phone     string            `placeholder:"NUMBER"`
	Wait      time.Duration     `default:"1m" placeholder:"TIME" help:"How long to wait for its number; 1m if not given."`
	DryRun    bool              `help:"Print what would be sent, without the key, and end."`
	Yes       bool              `short:"y" help:"Ask nothing on a terminal."`
	Resume    bool              `help:"Go on with reports that were stopped; file no new one."`
	Outbox    string            `placeholder:"DIR" help:"Where unfinished reports are; in ~/.local/state."`
}

func (r *reportCmd) Run(ctx context.Context, to streams) error {
	c, err := r.open()
	if err != nil {
		return err
	}
	box, err := r.box(c)
	if err != nil {
		return err
	}
	if r.Resume {
		return r.resume(ctx, c, open311.FileOutbox(box), to)
	}
	n := &open311.NewRequest{ServiceCode: r.Service, AddressString: r.Place, Description: r.Text, Attributes: open311.Attributes{},
		Email: r.Email, FirstName: r.FirstName, LastName: r.LastName, Phone: r.Phone}
	for _, name := range r.Media {
		path, err := filepath.Abs(name) // a later run may begin elsewhere
		if err != nil {
			return err
		}
		n.Media = append(n.Media, open311.Media{Path: path})
	}
	dialog := &dialog{out: to.err}
	if !r.Yes && terminal(to.in) {
		dialog.in = bufio.NewReader(to.in)
	}
	if err := r.fill(ctx, c, n, dialog); err != nil {
		return err
	}
	if r.DryRun {
		return r.show(ctx, n, to)
	}
	if dialog.in != nil && !strings.HasPrefix(strings.ToLower(dialog.ask("Send it? [y/N]", "")), "y") {
		fmt.Fprintln(to.err, "Nothing was sent.")
		return exit(1)
	}
	outbox := open311.FileOutbox(box)
	err = r.file(ctx, c, outbox, filing(ctx, outbox, n), to)
	if left := pending(ctx, outbox); left > 0 {
		fmt.Fprintf(to.err, "Unfinished reports to this city: %d; \"open311 report --resume\" goes on.\n", left)
	}
	return err
}

// filing returns the unfinished filing of the same report, from when the same command was given before, or a new one:
// who tries again after an error wants one report.
func filing(ctx context.Context, box open311.Outbox, n *open311.NewRequest) *open311.Filing {
	asked, err := json.Marshal(n)
	for f, pendingErr := range box.Pending(ctx) {
		if err != nil || pendingErr != nil || f.State == open311.FilingToken {
			continue
		}
		if kept, err := json.Marshal(f.Report); err == nil && bytes.Equal(kept, asked) {
			return f
		}
	}
	return &open311.Filing{Report: n}
}

// box is the directory of the outbox: one for each city, since a filing does not say where it goes.
func (r *reportCmd) box(c *open311.Client) (string, error) {
	dir := cmp.Or(r.Outbox, os.Getenv("XDG_STATE_HOME"))
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("%w: %w; --outbox says where reports are kept", errUsage, err)
		}
		dir = filepath.Join(home, ".local", "state")
	}
	if r.Outbox == "" {
		dir = filepath.Join(dir, "open311", "outbox")
	}
	sum := sha256.Sum256([]byte(c.Endpoint() + " " + r.Jurisdiction))
	return filepath.Join(dir, fileName(r.label())+"-"+hex.EncodeToString(sum[:4])), nil
}

func pending(ctx context.Context, box open311.Outbox) (n int) {
	for _, err := range box.Pending(ctx) {
		if err == nil {
			n++
		}
	}
	return n
}

// resume goes on with what earlier runs have left.
func (r *reportCmd) resume(ctx context.Context, c *open311.Client, box open311.Outbox, to streams) error {
	var all []*open311.Filing
	for f, err := range box.Pending(ctx) {
		if err != nil {
			return err
		}
		all = append(all, f)
	}
	if len(all) == 0 {
		fmt.Fprintln(to.err, "There is nothing to go on with.")
	}
	var errs []error
	for _, f := range all {
		errs = append(errs, r.file(ctx, c, box, f, to))
	}
	return errors.Join(errs...)
}

// file files a report, and says what came of it. Nothing is sent before it is stored.
func (r *reportCmd) file(ctx context.Context, c *open311.Client, box open311.Outbox, f *open311.Filing, to streams) error {
	receipt, err := c.Requests.File(ctx, box, f)
	switch {
	case errors.Is(err, open311.ErrOutcomeUnknown):
		candidates(to.err, f.Candidates)
		return err
	case err != nil:
		return err
	case receipt.ID == "" && receipt.Token == "":
		fmt.Fprintln(to.err, "Filed. The city does not show such reports.")
		return r.tell(receipt, to)
	case receipt.ID == "":
		fmt.Fprintf(to.err, "Filed. It has the token %s; the city gives it a number later.\n", safe(receipt.Token))
		wait, cancel := context.WithTimeout(ctx, r.Wait)
		defer cancel()
		if receipt.ID, err = c.Requests.Await(wait, receipt.Token); err != nil {
			if ctx.Err() == nil && wait.Err() != nil {
				return r.tell(receipt, to) // it is filed
			}
			return err
		}
		if _, err := c.Requests.File(ctx, box, f); err != nil { // notes that there is an id
			return err
		}
	}
	if receipt.ServiceNotice != "" {
		fmt.Fprintln(to.err, safe(receipt.ServiceNotice))
	}
	return r.tell(receipt, to)
}

// tell writes a receipt; for people, that is its number, or the word token and the token.
func (r *reportCmd) tell(receipt *open311.Receipt, to streams) (err error) {
	switch {
	case r.Format != "table":
		w := r.to(to.out, "id", "token")
		return errors.Join(w.row(receipt, receipt.ID, receipt.Token), w.end())
	case receipt.ID != "":
		_, err = fmt.Fprintln(to.out, safe(receipt.ID))
	case receipt.Token != "":
		_, err = fmt.Fprintln(to.out, "token", safe(receipt.Token))
	}
	return err
}

// candidates lists what may be a report of which it is not known whether it has arrived.
func candidates(to io.Writer, list []open311.Candidate) {
	fmt.Fprintf(to, "The report may have arrived. The city shows %d that may be it; look at them before filing it again.\n", len(list))
	for _, c := range list {
		q := c.Request
		fmt.Fprintln(to, safe(fmt.Sprintf("  %s: %s, %s, %s, %s", cmp.Or(q.ID, "no number yet"), q.ServiceName, q.Status, cmp.Or(q.Address, "no address"), clip(q.Description, 60))))
	}
}

// fill asks for what no flag has told, and checks it all before anything is sent. Services without questions are not
// asked for their definition.
func (r *reportCmd) fill(ctx context.Context, c *open311.Client, n *open311.NewRequest, d *dialog) error {
	services, err := c.Services.List(ctx)
	if err != nil {
		return err
	}
	if n.ServiceCode == "" && d.in != nil {
		for _, s := range services {
			fmt.Fprintf(d.out, "%-8s %s\n", safe(s.Code), safe(s.Name))
		}
		n.ServiceCode = d.ask("Which service?", "")
	}
	if n.ServiceCode == "" {
		return fmt.Errorf("%w: --service says what the report is about; \"open311 services\" lists the codes", errUsage)
	}
	i := slices.IndexFunc(services, func(s open311.Service) bool { return s.Code == n.ServiceCode })
	if i < 0 {
		return fmt.Errorf("%w: the city has no service %q; \"open311 services\" lists those it has", errUsage, n.ServiceCode)
	}
	var def *open311.ServiceDefinition
	if services[i].Metadata {
		def, err = c.Services.Definition(ctx, n.ServiceCode)
		if err != nil && !errors.Is(err, open311.ErrNotFound) { // some that say so have none
			return err
		}
	}
	for code, answer := range r.Attr {
		n.Attributes.Set(code, values(def, code, answer)...)
	}
	d.answers(n, def)
	n.AddressString = d.ask("Where? Latitude,longitude or an address:", n.AddressString)
	var p open311.Point
	rest := ""
	if k, _ := fmt.Sscanf(n.AddressString, "%g,%g%s", &p.Lat, &p.Long, &rest); k == 2 {
		n.Location, n.AddressString = &p, ""
	}
	n.Description = d.ask("What is the matter?", n.Description)
	return asFlags(n.Validate(def))
}
