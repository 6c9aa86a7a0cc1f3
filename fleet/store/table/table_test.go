// SPDX-License-Identifier: Apache-2.0

package table_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"kresd-manager/fleet/store"
	"kresd-manager/fleet/store/suite"
	"kresd-manager/fleet/store/table"
)

func seed(s store.Store) func(*testing.T, string, string) {
	return func(t *testing.T, key, value string) {
		t.Helper()
		if _, _, err := s.Commit(t.Context(), nil, []store.Change{{Key: key, Data: []byte(value), Delete: value == ""}}); err != nil {
			t.Fatal(err)
		}
	}
}

// A cable that is not cut is a store like any other.
func TestACableIsAStore(t *testing.T) {
	t.Parallel()
	suite.Run(t, func(*testing.T) suite.Subject {
		s := table.New()
		return suite.Subject{Store: suite.NewCable(s), Second: suite.NewCable(s), Seed: seed(s)}
	})
}

// One that was cut answers nothing, and what it has told before is over.
func TestACableIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := table.New(), table.New()
		c := suite.NewCable(first)
		events := c.Watch(t.Context(), store.Hosts, 1)
		lease, err := c.Grant(t.Context(), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		put := []store.Change{{Key: store.Hosts + "a", Data: []byte("1")}}
		if _, held, err := c.Commit(t.Context(), nil, put); err != nil || !held {
			t.Fatal(held, err)
		}
		if e := <-events; e.Key != store.Hosts+"a" {
			t.Errorf("%+v", e)
		}
		c.Lead(first) // where it leads already
		synctest.Wait()
		select {
		case <-events:
			t.Error("the watch has ended without a reason")
		default:
		}
		c.Cut()
		if _, more := <-events; more {
			t.Error("the watch goes on")
		}
		if _, more := <-c.Watch(t.Context(), store.Hosts, 1); more {
			t.Error("a watch begins over a cable that is cut")
		}
		_, read := c.Read(t.Context(), store.Hosts)
		_, _, commit := c.Commit(t.Context(), nil, put)
		_, grant := c.Grant(t.Context(), time.Minute)
		for _, err := range []error{read, commit, grant, c.Err()} {
			if !errors.Is(err, suite.ErrCut) {
				t.Errorf("%v", err)
			}
		}
		since := time.Now()
		<-lease.Gone()
		if took := time.Since(since); took < 40*time.Second || took > 80*time.Second {
			t.Errorf("a lease of a minute is lost after %s", took)
		}
		c.Lead(second)
		if got, err := c.Read(t.Context(), store.Hosts); err != nil || len(got.Values) != 0 {
			t.Errorf("%+v %v", got, err)
		}
	})
}

func TestSuite(t *testing.T) {
	t.Parallel()
	suite.Run(t, func(*testing.T) suite.Subject {
		s := table.New()
		return suite.Subject{Store: s, Second: s, Seed: seed(s)}
	})
}

// What is kept comes back, in higher revisions, and what went with a lease does not.
func TestRestored(t *testing.T) {
	var kept []byte
	full := false
	save := func(text []byte) error {
		if full {
			return errors.New("no space left")
		}
		kept = text
		return nil
	}
	a, err := table.Restore(nil, save)
	if err != nil {
		t.Fatal(err)
	}
	l, err := a.Grant(t.Context(), 60e9)
	if err != nil {
		t.Fatal(err)
	}
	seed(a)(t, "rollout", "1")
	r, _, err := a.Commit(t.Context(), nil, []store.Change{{Key: "leader", Lease: l.ID()}})
	if err != nil {
		t.Fatal(err)
	}
	full = true
	if _, _, err := a.Commit(t.Context(), nil, []store.Change{{Key: "rollout", Data: []byte("2")}, {Key: "new", Data: []byte("x")}}); err == nil {
		t.Error("a change that cannot be kept is made")
	}
	if got, _ := a.Read(t.Context(), ""); len(got.Values) != 2 || string(got.Values[1].Data) != "1" || got.Revision != r {
		t.Errorf("%+v", got)
	}
	b, err := table.Restore(kept, save)
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.Read(context.Background(), "")
	if err != nil || len(got.Values) != 1 || string(got.Values[0].Data) != "1" || got.Revision <= r {
		t.Errorf("%+v, %v", got, err)
	}
}
