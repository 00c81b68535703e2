package open311_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// TestFilingChild is the process that is killed: it files one report, or goes on with what is pending.
func TestFilingChild(t *testing.T) {
	dir, endpoint := os.Getenv("OPEN311_FILING_DIR"), os.Getenv("OPEN311_FILING_ENDPOINT")
	if dir == "" {
		t.Skip("it is started by TestFileSurvivesKill")
	}
	c, err := open311.New(endpoint, open311.WithFormat(open311.FormatJSON))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(os.Getenv("OPEN311_FILING_NUMBER"))
	if err != nil {
		t.Fatal(err)
	}
	f := &open311.Filing{ID: fmt.Sprintf("report-%d", n), Report: numbered(n)}
	f.Report.Media = []open311.Media{{Path: filepath.Join(dir, "photo.jpg")}}
	fmt.Println("begin")
	_, err = c.Requests.File(t.Context(), open311.FileOutbox(filepath.Join(dir, "box")), f)
	fmt.Println("end", f.State, err)
}

func numbered(n int) *open311.NewRequest {
	return &open311.NewRequest{ServiceCode: "0102", Location: &open311.Point{Lat: 43.1 + float64(n%100)/1000, Long: -68 + float64(n/100)/1000},
		Description: fmt.Sprintf("Report %d: the lid of the drain is broken", n)}
}

// TestFileSurvivesKill kills a process at any instant of filing a report, starts it again, and looks what became of
// the report. OPEN311_KILLS says how many times.
func TestFileSurvivesKill(t *testing.T) {
	kills := 10
	if n, err := strconv.Atoi(os.Getenv("OPEN311_KILLS")); err == nil {
		kills = n
	} else if testing.Short() {
		t.Skip("it starts processes")
	}
	city := open311test.NewServer(t, open311test.WithClock(time.Now))
	stop := make(chan struct{})
	var others sync.WaitGroup
	others.Go(func() { // the city lives
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(time.Second / 2):
			}
			n := numbered(i)
			n.Location.Lat += 0.3
			n.Description = fmt.Sprintf("Others have seen a rat, no. %d", i)
			if _, err := city.Client().Requests.Create(t.Context(), n); err != nil {
				t.Error(err)
			}
		}
	})
	defer others.Wait()
	defer close(stop)
	random := rand.New(rand.NewPCG(3, 1))
	asked, before, during, after := 0, 0, 0, 0
	lost := map[bool]int{} // by whether the report had reached the city when the process was killed: those that a person is asked of
	for i := range kills {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "photo.jpg"), []byte("\xff\xd8\xff\xe0 a photo"), 0o600); err != nil {
			t.Fatal(err)
		}
		killed := runChild(t, dir, city.Client().Endpoint(), i, time.Duration(random.IntN(25_000))*time.Microsecond)
		there := countFiled(city, numbered(i).Description)
		state := stored(t, dir, i)
		switch {
		case !killed, state == open311.FilingFiled:
			after++
		case there == 0:
			before++
		default:
			during++
		}
		runChild(t, dir, city.Client().Endpoint(), i, time.Minute)
		// Whether it is not there shows what others have filed since: on a busy machine they are late.
		for again := 0; again < 20 && there == 0 && stored(t, dir, i) == open311.FilingWaiting; again++ {
			<-time.After(time.Second)
			runChild(t, dir, city.Client().Endpoint(), i, time.Minute)
		}
		switch end := stored(t, dir, i); {
		case end == open311.FilingWaiting:
			asked++
			lost[there > 0]++
			if len(storedFiling(t, dir, i).Candidates) == 0 && there > 0 {
				t.Errorf("report %d: a person is asked without candidates", i)
			}
			t.Logf("report %d: killed in state %q, %d there: a person is asked: %+v", i, state, there, storedFiling(t, dir, i).Candidates)
		case end != open311.FilingFiled:
			t.Errorf("report %d ends as %q, killed in state %q", i, end, state)
		}
		if n := countFiled(city, numbered(i).Description); n > 1 || n == 0 && stored(t, dir, i) == open311.FilingFiled {
			t.Errorf("report %d is there %d times, killed in state %q", i, n, state)
		}
	}
	t.Logf("%d kills: %d before the report was there, %d between that and the end, %d too late; a person is asked of %d of the first and %d of the second",
		kills, before, during, after, lost[false], lost[true])
	if lost[false] > 0 || lost[true]*50 > during || asked*50 > kills {
		t.Errorf("a person is asked of %d in %d", asked, kills)
	}
}

func countFiled(city *open311test.Server, text string) (n int) {
	for _, f := range city.Filed() {
		if f.Request.Description == text {
			n++
		}
	}
	return n
}

// stored returns the state of a filing as it is on the disk.
func stored(t *testing.T, dir string, n int) open311.FilingState {
	return storedFiling(t, dir, n).State
}

func storedFiling(t *testing.T, dir string, n int) *open311.Filing {
	t.Helper()
	box, ok := open311.FileOutbox(filepath.Join(dir, "box")).(interface {
		Get(context.Context, string) (*open311.Filing, error)
	})
	if !ok {
		t.Fatal("no Get")
	}
	f, err := box.Get(t.Context(), fmt.Sprintf("report-%d", n))
	if errors.Is(err, open311.ErrNotFound) {
		return &open311.Filing{}
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// runChild starts the process, and kills it after a time from when it begins. It reports whether it had to.
func runChild(t *testing.T, dir, endpoint string, n int, after time.Duration) (killed bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestFilingChild$")
	cmd.Env = append(os.Environ(), "OPEN311_FILING_DIR="+dir, "OPEN311_FILING_ENDPOINT="+endpoint, "OPEN311_FILING_NUMBER="+strconv.Itoa(n))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "begin" {
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	for lines.Scan() {
	}
	timer.Stop()
	return cmd.Wait() != nil
}
