package guides

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-open311/open311/open311test"
)

// TestReadme runs the program at the top of the README, as it stands but for the address of the city, and compares
// what it prints with what the README shows.
func TestReadme(t *testing.T) {
	city := httptest.NewServer(open311test.NewHandler())
	defer city.Close()
	blocks := strings.Split(read(t, "../../README.md"), "\n```")
	var program, shown string
	for i, block := range blocks {
		if text, ok := strings.CutPrefix(block, "go\npackage main\n"); ok && program == "" {
			program, shown = "package main\n"+text, strings.TrimSpace(blocks[i+2])
		}
	}
	const address = "https://city.example/open311/discovery.json"
	if !strings.Contains(program, address) {
		t.Fatalf("the README's program does not ask %s:\n%s", address, program)
	}
	file := filepath.Join(t.TempDir(), "main.go")
	program = strings.ReplaceAll(program, address, city.URL+"/open311/v2/discovery.json")
	if err := os.WriteFile(file, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "run", file).CombinedOutput()
	shown, more := strings.CutSuffix(shown, "\n…")
	if err != nil || !more || !strings.HasPrefix(string(out), shown+"\n") {
		t.Errorf("it prints %.400s\n%v, and the README shows\n%s", out, err, shown)
	}
}
