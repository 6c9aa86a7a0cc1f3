// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	endured     = 10_000
	enduredTime = 4 * time.Minute // for a slow host
)

// holdings are what a manager could lose track of.
type holdings struct{ descriptors, goroutines, matches, pss float64 }

// enduring makes many changes in a row and looks at what is left of them. They are of
// what needs no process: what they leave behind is the manager's own.
func (b *bench) enduring(ctx context.Context) error {
	s := b.ours
	c, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	put := func(origin string) error {
		_, err := c.do(http.MethodPut, "/v1/config/management",
			fmt.Sprintf(`{"unix-socket":"/run/knot-resolver/kres-api.sock","pprof":true,"allow-origins":[%q]}`, origin))
		return err
	}
	for i := range 1000 { // until what is kept of changes is full
		if err := put(fmt.Sprintf("https://%d.example", i)); err != nil {
			return err
		}
	}
	before, err := s.holds(ctx)
	if err != nil {
		return err
	}
	r := b.addTo(steady, "a change that needs no process, many in a row", seconds)
	began, n := time.Now(), 0
	for ; n < endured && time.Since(began) < enduredTime; n++ {
		asked := time.Now()
		if err := put(fmt.Sprintf("https://%d.example", n%2)); err != nil {
			return err
		}
		if n%100 == 0 {
			s.add(r, since(asked))
		}
	}
	after, err := s.holds(ctx)
	if err != nil {
		return err
	}
	for _, h := range []struct {
		what          string
		unit          unit
		before, after float64
		allowed       float64
		text          string
	}{
		{"file descriptors", number, before.descriptors, after.descriptors, 2, "2"},
		{"goroutines", number, before.goroutines, after.goroutines, 2, "2"},
		{"D-Bus match rules", number, before.matches, after.matches, 0, "0"},
		{"memory (PSS)", bytes, before.pss, after.pss, 1 << 20, "1 MiB"},
	} {
		r := b.addTo(steady, fmt.Sprintf("more %s after %d changes", h.what, n), h.unit, atMost(h.allowed, h.text))
		s.add(r, h.after-h.before)
		r.addNote("%s before, %s after", sample{h.before}.text(h.unit), sample{h.after}.text(h.unit))
	}
	_, err = c.do(http.MethodDelete, "/v1/config/management", "")
	return err
}

// holds counts when the manager is at rest.
func (s *side) holds(ctx context.Context) (h holdings, err error) {
	pause(ctx, quiet)
	text, err := s.sh(ctx, `pid=$(systemctl show -P MainPID kresd-manager.service)
ls /proc/$pid/fd | wc -l
curl -sS --unix-socket /run/knot-resolver/kres-api.sock 'http://localhost/debug/pprof/goroutine?debug=1' | sed -n 's/^goroutine profile: total //p'
for name in $(busctl list --unique --no-legend | awk -v pid=$pid '$2 == pid { print $1 }'); do
	busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus.Debug.Stats GetConnectionStats s $name |
		sed -n 's/.*"MatchRules" u \([0-9]*\).*/\1/p'
done | awk '{ n += $1 } END { print n + 0 }'`)
	if err != nil {
		return h, err
	}
	fields := strings.Fields(text)
	if len(fields) != 3 {
		return h, fmt.Errorf("cannot read %q", text)
	}
	for i, into := range []*float64{&h.descriptors, &h.goroutines, &h.matches} {
		if *into, err = strconv.ParseFloat(fields[i], 64); err != nil {
			return h, fmt.Errorf("cannot read %q", text)
		}
	}
	pause(ctx, quiet)
	h.pss, _, err = s.pss(ctx)
	return h, err
}
