// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
)

// check wants what the clients get.
func (v *View) check(s *scope) {
	if s.fine("tags", "answer") {
		switch {
		case s.given("tags") && s.given("answer"):
			s.problem("answer", "tags and answer do not go together", "keep one of them")
		case !s.given("tags") && !s.given("answer"):
			s.problem("", "a view must have tags or answer", "answer: allow changes nothing but the options")
		}
	}
	if !s.given("subnets") || !s.given("dst-subnet") {
		return
	}
	if !slices.ContainsFunc(v.Subnets, v.reaches) {
		s.problem("dst-subnet", "no client of these subnets can send a query to "+v.DstSubnet.String()+": one is IPv4 and the other IPv6", "")
	}
}

// reaches says that clients of a subnet can send to the destination. It goes
// by the families; a view may have both.
func (v *View) reaches(subnet netip.Prefix) bool {
	return subnet.Addr().Is4() == v.DstSubnet.Addr().Is4()
}

// check refuses what the engine, which counts in steps of 1/65536, would take
// for 0, an exemption.
func (o *ViewOptions) check(s *scope) {
	if s.given("price-factor") && o.PriceFactor > 0 && math.RoundToEven(o.PriceFactor*65536) == 0 {
		s.problem("price-factor", "a factor so small counts as 0, which exempts the clients", "0, or at least 0.00001")
	}
}

// maxTags is how many tags the rule database can tell apart.
const maxTags = 64

// checkViews warns of a subnet that is in two views without conditions, of which
// only one can apply.
func (c *Config) checkViews(s *scope) {
	if !s.fine("views") {
		return
	}
	seen := make(map[netip.Prefix]bool)
	for i := range c.Views {
		v := &c.Views[i]
		if v.DstSubnet != nil || v.Protocols != nil {
			continue
		}
		for j, subnet := range v.Subnets {
			if seen[subnet] {
				s.warn(fmt.Sprintf("views/%d/subnets/%d", i, j), subnet.String()+" is given twice, and only one of the entries applies", "")
			}
			seen[subnet] = true
		}
	}
}

// checkTags compares the tags of views with those of rules.
func (c *Config) checkTags(s *scope) {
	if !s.fine("views", "local-data") {
		return
	}
	views, all := make(map[string]string), make(map[string]bool)
	note := func(path, tag string) {
		if all[tag] = true; len(all) == maxTags+1 {
			s.problem(path, fmt.Sprintf("there are more than %d different tags", maxTags), "")
			all[tag+" "] = true // so that this is said once
		}
	}
	for i := range c.Views {
		for j, tag := range c.Views[i].Tags {
			path := fmt.Sprintf("views/%d/tags/%d", i, j)
			if views[tag] == "" {
				views[tag] = path
			}
			note(path, tag)
		}
	}
	used := make(map[string]bool)
	check := func(list string, i int, tags []string) {
		for j, tag := range tags {
			path := fmt.Sprintf("local-data/%s/%d/tags/%d", list, i, j)
			note(path, tag)
			if used[tag] = true; views[tag] == "" {
				s.problem(path, "no view has the tag "+tag+", so the rule would affect no one", tagHint(tag, views))
			}
		}
	}
	for i := range c.LocalData.Rules {
		check("rules", i, c.LocalData.Rules[i].Tags)
	}
	for i := range c.LocalData.RPZ {
		check("rpz", i, c.LocalData.RPZ[i].Tags)
	}
	for tag, path := range views {
		if !used[tag] {
			s.warn(path, "no rule has the tag "+tag, tagHint(tag, used))
		}
	}
}

// tagHint guesses which of the known tags was meant.
func tagHint[T any](tag string, known map[string]T) string {
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	if near := Nearest(tag, names); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}
