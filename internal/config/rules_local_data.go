// SPDX-License-Identifier: Apache-2.0

package config

import (
	"slices"
	"strings"

	"kresd-manager/internal/config/tree"
)

// check hands ttl and nodata of the section down to rules without their own.
func (l *LocalData) check(s *scope) {
	if s.fine("ttl") {
		s.optionalSeconds("ttl", &l.TTL)
	}
	if !s.fine("ttl", "nodata", "rules") {
		return
	}
	rules := s.spot.n.Get("rules")
	for i := range l.Rules {
		own := &rules.Member(i).Value
		if l.Rules[i].TTL == nil {
			l.Rules[i].TTL = l.TTL
		}
		if n := own.Get("nodata"); n == nil || n.Kind == tree.Null {
			l.Rules[i].Nodata = l.Nodata
		}
	}
}

// check wants one thing that the rule is about, and with name what is answered.
func (r *Rule) check(s *scope) {
	if s.fine("ttl") {
		s.optionalSeconds("ttl", &r.TTL)
	}
	if !s.fine("name", "file", "records", "address", "subtree", "nodata") {
		return
	}
	about := slices.DeleteFunc([]string{"name", "file", "records"}, func(key string) bool { return !s.given(key) })
	answers := slices.DeleteFunc([]string{"address", "subtree"}, func(key string) bool { return !s.given(key) })
	switch {
	case len(about) == 0 && len(answers) > 0:
		s.problem("", answers[0]+" needs name, the name that the rule is about", "add name")
	case len(about) == 0:
		s.problem("", "a rule must have name, file or records", "")
	case len(about) > 1:
		s.problem(about[1], strings.Join(about, " and ")+" do not go together", "make a rule for each")
	case about[0] != "name" && len(answers) > 0:
		s.problem(answers[0], answers[0]+" goes only with name, not with "+about[0], "make a rule for each")
	case about[0] == "name" && len(answers) == 0:
		s.problem("name", "a rule with name needs address or subtree, what is answered", "")
	case len(answers) == 2 && r.Subtree == "nxdomain":
		s.problem("subtree", "with subtree: nxdomain the name does not exist, and can have no address", "remove address, or use empty or redirect")
	case r.Nodata && s.given("subtree") && !s.given("address"):
		s.problem("nodata", "nodata has no meaning for subtree without address", "remove nodata")
	}
}
