// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/internal/manager"
	"kresd-manager/internal/manager/inmemory"
	"kresd-manager/test/browser"
	"kresd-manager/test/product"
	"kresd-manager/units"
)

// mostElements is how many elements a page with 64 workers may have.
const mostElements = 4000

// simulated serves a manager with a systemd in memory at an address inside the machine, for
// more workers than processors of this host allow. The configuration has PORT for that of the
// interface.
func simulated(t *testing.T, cpus int, config string) (m *inmemory.Machine, url string) {
	t.Helper()
	var l net.Listener
	if err := sut.InNetNS(func() (err error) {
		l, err = net.Listen("tcp", "127.0.0.1:0")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	config = strings.Replace(config, "PORT", fmt.Sprint(l.Addr().(*net.TCPAddr).Port), 1)
	m = inmemory.New(t, config, func(o *manager.Options) { o.Host.CPUs, o.Render.CPUs = cpus, cpus })
	ending := make(chan struct{})
	server := door.NewServer(api.New(m, api.Options{Ending: ending, Logs: chatter}), door.Options{})
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	t.Cleanup(func() {
		close(ending)
		_ = server.Close()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return m, "http://" + l.Addr().String()
}

// chatter is more than a page of a log has room for.
func chatter(ctx context.Context, _ units.LogQuery, told func(units.LogLine)) error {
	for n := range 300 {
		told(units.LogLine{Cursor: fmt.Sprint(n), When: time.Unix(int64(n), 0), Unit: "kresd@1.service", Priority: 6, Message: strings.Repeat(fmt.Sprintf("line %d ", n), 1+n%20)})
	}
	<-ctx.Done()
	return nil
}

// watchTasks has the page note how long its longest task takes.
func watchTasks(p *browser.Page) {
	browser.Eval[bool](p, `(() => {
		window.longest = 0;
		new PerformanceObserver(list => { for (const e of list.getEntries()) window.longest = Math.max(window.longest, e.duration); }).observe({type: "longtask", buffered: true});
		return true;
	})()`)
}

// A page of 64 workers has all of them, stays small and goes on to answer while each of them
// is restarted.
func TestAPageOfSixtyFourWorkers(t *testing.T) {
	const workers, token = 64, "0123456789012345678901234567890123456789abc"
	many := fmt.Sprintf("workers: %d\nmanagement: {interface: 127.0.0.1@PORT, roles: [{role: configure, name: anna, token: %s}]}\n", workers, token)
	m, url := simulated(t, 8, many)
	p := open(t)
	p.Open(url + "/ui/")
	p.Role("textbox", "Token").Fill(token)
	p.Role("dialog", "").Role("button", "Log in").Click()
	p.Role("button", "Log out").Shown()
	watchTasks(p)
	turnTo := func(page string) { p.Role("navigation", "Pages").Role("link", page).Click() }
	rows := func(page string) {
		t.Helper()
		product.Eventually(t, page+" has a row for each worker", func() bool { return p.Role("rowheader", "kresd@…").Count() == workers })
		if n := browser.Eval[int](p, `document.querySelectorAll("*").length`); n > mostElements {
			t.Errorf("%s has %d elements, want at most %d", page, n, mostElements)
		} else {
			t.Logf("%s: %d elements", page, n)
		}
	}
	for _, page := range []string{"Overview", "Units"} {
		turnTo(page)
		p.Role("main", "").Role("heading", page).Nth(0).Shown()
		rows(page)
		p.Accessible(page)
		p.Size(320, 640)
		p.Fits(page + ", narrow")
		p.Size(1280, 900)
	}

	// A log shows its newest lines, also after its lines have wrapped elsewhere.
	turnTo("Logs")
	p.Role("log", "").Contains("line 299")
	for _, width := range []int64{320, 1280} {
		p.Size(width, 900)
		product.Eventually(t, "the log is at its end", func() bool {
			return browser.Eval[bool](p, `(b => b.scrollTop > 0 && b.scrollHeight - b.scrollTop - b.clientHeight < 2)(document.querySelector("[role=log]"))`)
		})
	}
	turnTo("Units")

	// One of them is restarted, and no other.
	before := m.Systemd.PIDs()
	p.Role("checkbox", "Choose kresd@64").Click()
	p.Role("button", "Restart 1 chosen").Click()
	p.Role("heading", "Preview: restart kresd@64").Shown()
	p.Role("button", "Apply").Click()
	p.Role("heading", "Applied").Shown()
	p.Role("button", "Close").Click()
	for unit, pid := range m.Systemd.PIDs() {
		if (pid == before[unit]) == (unit == "kresd@64.service") {
			t.Errorf("%s was process %d, and is %d", unit, before[unit], pid)
		}
	}

	// A change of all of them, live: it is held in the middle.
	turnTo("Configuration")
	entered, release := m.Hold("restart")
	edited(p, "nsid: many\n"+string(must(t, m.File)))
	previewed(t, p)
	p.Role("button", "Apply").Click()
	<-entered
	p.Role("progressbar", "").Shown()
	p.Role("list", "Steps").Contains(" · for ")
	p.Accessible("a change of 64 workers in progress")
	if n := p.Role("list", "Steps").Role("listitem", "").Count(); n < workers {
		t.Errorf("%d steps are shown, want one for each worker", n)
	}
	release()
	waiting(p).Shown()
	p.Role("heading", "Applied").Shown()
	waiting(p).Role("button", "Keep").Click()
	waiting(p).Gone()
	turnTo("Overview")
	rows("Overview")
	t.Logf("the longest task of the page took %.0f ms", browser.Eval[float64](p, "window.longest"))
}

// must reads a file of this host.
func must(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
