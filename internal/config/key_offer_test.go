// SPDX-License-Identifier: Apache-2.0

package config

import (
	"slices"
	"testing"
)

// offered are the pointers that are offered, in their order.
func offered(o KeyOffers, typed string) []string {
	var pointers []string
	for _, offer := range o.For(typed) {
		pointers = append(pointers, offer.Pointer)
	}
	return pointers
}

func TestOneLevelOfKeysIsOffered(t *testing.T) {
	for _, c := range []struct {
		what  string
		how   KeyOffers
		typed string
		has   []string
		not   []string
	}{
		{"keys that begin as typed", KeyOffers{}, "/work", []string{"/workers"}, []string{"/network"}},
		{"the keys of a section, and itself", KeyOffers{}, "/cache", []string{"/cache", "/cache/size-max"}, []string{"/workers", "/cache/garbage-collector/interval"}},
		{"the first item of a list", KeyOffers{}, "/network/listen/", []string{"/network/listen/0"}, []string{"/network/listen/-", "/network/listen/kind"}},
		{"a new item where that can be", KeyOffers{Item: "-"}, "/network/listen/", []string{"/network/listen/0", "/network/listen/-"}, nil},
		{"keys of any item", KeyOffers{}, "/network/listen/7/k", []string{"/network/listen/7/kind"}, nil},
		{"keys of items without an index", KeyOffers{Bare: true}, "/network/listen/", []string{"/network/listen/kind"}, []string{"/network/listen/0"}},
		{"keys below a free name", KeyOffers{}, "/components/x/", []string{"/components/x/command"}, nil},
		{"nothing below a name in place of an index", KeyOffers{}, "/network/listen/x/", nil, []string{"/network/listen/x/kind"}},
		{"nothing below a value", KeyOffers{}, "/workers/", nil, []string{"/workers"}},
	} {
		got := offered(c.how, c.typed)
		for _, want := range c.has {
			if !slices.Contains(got, want) {
				t.Errorf("%s: %s is not among %v", c.what, want, got)
			}
		}
		for _, no := range c.not {
			if slices.Contains(got, no) {
				t.Errorf("%s: %s is among %v", c.what, no, got)
			}
		}
		if c.has == nil && len(got) > 0 {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}

func TestASummaryIsTheFirstSentence(t *testing.T) {
	for doc, want := range map[string]string{
		"One. Two.": "One.", "One": "One", "The root is . and all below. More.": "The root is . and all below.", "": "",
	} {
		if got := (KeyInfo{Doc: doc}).Summary(); got != want {
			t.Errorf("%q: %q", doc, got)
		}
	}
}
