//go:build unix

package jobs_test

import (
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// Processes that had stood still make up for nothing: what they missed is not called at once.
func TestPaceOfFrozenProcesses(t *testing.T) {
	t.Parallel()
	paceOfOneHost(t, func(processes []*exec.Cmd) {
		signal := func(s syscall.Signal) {
			for _, p := range processes {
				if err := p.Process.Signal(s); err != nil {
					t.Error(err)
				}
			}
		}
		signal(syscall.SIGSTOP)
		<-time.After(1500 * time.Millisecond)
		signal(syscall.SIGCONT)
	})
}
