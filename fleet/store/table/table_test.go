// SPDX-License-Identifier: Apache-2.0

package table_test

import (
	"context"
	"errors"
	"testing"

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

func TestSuite(t *testing.T) {
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
