// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/internal/manager/inmemory"
	"kresd-manager/test/script"
	"kresd-manager/units"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kresctl": main})
}

// TestScript runs testdata/script. Besides the commands of package script there are
//
//	serve FILE         start a manager with this configuration file, listening on $SOCK;
//	                   $PID1 and so on are the processes of its workers
//	servetcp FILE      the same on TCP, whose address as $ADDR takes the place of ADDRESS in the file
//	crash UNIT         make a unit fail
//	hold VERB          keep systemd's jobs of a kind, as start, from ending; held waits for one,
//	                   and release lets them end
//	told NAME EXACT TYPE CHUNK   fail unless a worker was last told to clear this of the cache
//	fill PERCENT       so much of the cache is in use
//	dns                start a resolver, see dns_test.go; $DNS is its address, which takes the
//	                   place of DNS in config.yaml
//	cmpcolors stderr FILE   compare with a file that names colours: <red>
//	protect FILE       make it someone's, with an access control list, see keep_test.go
//	protected FILE     fail unless it still is
//	typed TEXT FILE    apply a text as the editor of the pages does that has read FILE
//
// and the condition [root].
func TestScript(t *testing.T) {
	script.Run(t, testscript.Params{
		Setup: func(env *testscript.Env) error {
			dir, err := os.MkdirTemp("", "ctl") // the work folder may be too deep for a socket
			if err != nil {
				return err
			}
			env.Defer(func() { _ = os.RemoveAll(dir) })
			env.Setenv("SOCK", filepath.Join(dir, "s"))
			env.Values[managerKey{}] = new(*inmemory.Machine)
			env.Values[holdKey{}] = new(holding)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": serve, "servetcp": serveTCP,
			"crash": crash, "told": told,
			"hold": hold, "held": held, "release": release,
			"dns":  startDNS,
			"fill": fillCache,

			"cmpcolors": cmpcolors,

			"protect": protect, "protected": protected,
			"typed": typed,
		},
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %s", cond)
		},
	})
}

type managerKey struct{}

func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: serve FILE")
	}
	l, err := net.Listen("unix", ts.Getenv("SOCK"))
	ts.Check(err)
	serveOn(ts, l, args[0])
}

func serveTCP(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: servetcp FILE")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv("ADDR", strings.Replace(l.Addr().String(), ":", "@", 1))
	text := strings.ReplaceAll(ts.ReadFile(args[0]), "ADDRESS", ts.Getenv("ADDR"))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
	serveOn(ts, l, args[0])
}

// serveOn starts a manager.
func serveOn(ts *testscript.TestScript, l net.Listener, name string) {
	file := ts.MkAbs(name)
	c, err := inmemory.Start(file)
	ts.Check(err)
	ts.Defer(c.End)
	*ts.Value(managerKey{}).(**inmemory.Machine) = c
	for unit, pid := range c.Systemd.PIDs() {
		if n, ok := units.WorkerNumber(unit); ok {
			ts.Setenv(fmt.Sprintf("PID%d", n), strconv.Itoa(pid))
		}
	}

	s := door.NewServer(api.New(c, api.Options{}), door.Options{})
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	ts.Defer(func() {
		ts.Check(s.Shutdown(context.Background()))
		ts.Check(<-ended)
	})
}

func crash(ts *testscript.TestScript, neg bool, args []string) {
	c := *ts.Value(managerKey{}).(**inmemory.Machine)
	if neg || len(args) != 1 || c == nil {
		ts.Fatalf("usage: crash UNIT, after serve")
	}
	c.Systemd.Fail(args[0])
}

// holdKey is the key of what a script holds.
type holdKey struct{}

type holding struct {
	entered <-chan struct{}
	release func()
}

func hold(ts *testscript.TestScript, neg bool, args []string) {
	c := *ts.Value(managerKey{}).(**inmemory.Machine)
	if neg || len(args) != 1 || c == nil {
		ts.Fatalf("usage: hold VERB, after serve")
	}
	h := ts.Value(holdKey{}).(*holding)
	h.entered, h.release = c.Hold(args[0])
}

func held(ts *testscript.TestScript, neg bool, args []string) {
	h := ts.Value(holdKey{}).(*holding)
	if neg || len(args) != 0 || h.entered == nil {
		ts.Fatalf("usage: held, after hold")
	}
	<-h.entered
}

func release(ts *testscript.TestScript, neg bool, args []string) {
	h := ts.Value(holdKey{}).(*holding)
	if neg || len(args) != 0 || h.release == nil {
		ts.Fatalf("usage: release, after hold")
	}
	h.release()
}

func told(ts *testscript.TestScript, neg bool, args []string) {
	c := *ts.Value(managerKey{}).(**inmemory.Machine)
	if neg || len(args) != 4 || c == nil {
		ts.Fatalf("usage: told NAME EXACT TYPE CHUNK, after serve")
	}
	all := c.Systemd.Cleared()
	if len(all) == 0 {
		ts.Fatalf("no worker was told to clear anything")
	}
	last := all[len(all)-1]
	if got, want := fmt.Sprintf("%q %t %q %d", last.Name, last.Exact, last.Type, last.Chunk),
		fmt.Sprintf("%q %s %q %s", args[0], args[1], args[2], args[3]); got != want {
		ts.Fatalf("a worker was told to clear %s, want %s", got, want)
	}
}

func fillCache(ts *testscript.TestScript, neg bool, args []string) {
	c := *ts.Value(managerKey{}).(**inmemory.Machine)
	if neg || len(args) != 1 || c == nil {
		ts.Fatalf("usage: fill PERCENT, after serve")
	}
	percent, err := strconv.ParseFloat(args[0], 64)
	ts.Check(err)
	c.Systemd.FillCache(percent)
}

func cmpcolors(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cmpcolors stderr FILE")
	}
	got := strings.NewReplacer("\x1b[1m", "<bold>", "\x1b[1;31m", "<red>", "\x1b[1;33m", "<yellow>", "\x1b[0m", "<normal>").Replace(ts.ReadFile(args[0]))
	if diff := cmp.Diff(ts.ReadFile(args[1]), got); diff != "" {
		ts.Fatalf("%s", diff)
	}
}
