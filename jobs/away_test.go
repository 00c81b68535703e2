package jobs_test

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// proxy stands before PostgreSQL, and can be away: then it ends all connections, and takes no others.
type proxy struct {
	net.Listener
	socket string
	mu     sync.Mutex
	away   bool
	open   map[net.Conn]bool
}

func newProxy(t *testing.T, socket string) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Listener: l, socket: socket, open: map[net.Conn]bool{}}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				serving.Go(func() { p.serve(c) })
			}
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.leave(true)
		serving.Wait()
	})
	return p
}

func (p *proxy) serve(c net.Conn) {
	defer c.Close()
	db, err := net.Dial("unix", p.socket)
	if err != nil {
		return
	}
	defer db.Close()
	p.mu.Lock()
	if p.away {
		p.mu.Unlock()
		return
	}
	p.open[c], p.open[db] = true, true
	p.mu.Unlock()
	var both sync.WaitGroup
	for _, pair := range [][2]net.Conn{{c, db}, {db, c}} {
		both.Go(func() {
			_, _ = io.Copy(pair[0], pair[1]) // it ends with either
			_ = pair[0].Close()
		})
	}
	both.Wait()
	p.mu.Lock()
	delete(p.open, c)
	delete(p.open, db)
	p.mu.Unlock()
}

func (p *proxy) leave(away bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = away
	if away {
		for c := range p.open {
			_ = c.Close()
		}
	}
}

// The database is away for a while: nothing is lost, and nothing is there twice.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	_, long := trials(0)
	name := newPostgres(t)
	dir := regexp.MustCompile(`host=(\S+)`).FindStringSubmatch(name)
	if dir == nil || !strings.HasPrefix(dir[1], "/") {
		if os.Getenv("CI") != "" {
			t.Fatal("the database of OPEN311_TEST_POSTGRES has no socket; that of .ci/postgres has one")
		}
		t.Skip("the database of OPEN311_TEST_POSTGRES has no socket")
	}
	p := newProxy(t, filepath.Join(dir[1], ".s.PGSQL.5432"))
	f := newFleet(t, name, 99, long)
	host, port, err := net.SplitHostPort(p.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	f.config.DB = strings.Replace(name, dir[0], "host="+host+" port="+port+" sslmode=disable", 1) // the processes' way to it
	length := 2 * time.Second
	if long {
		length = 30 * time.Second
	}
	var going sync.WaitGroup
	going.Go(func() {
		eventually(t, time.Minute, "a harvest has begun", func() bool { return f.number("SELECT count(*) FROM open311_server WHERE plan > 0") > 0 })
		p.leave(true)
		<-time.After(length)
		p.leave(false)
	})
	f.spared = true
	f.live()
	going.Wait()
	f.settle()
}
