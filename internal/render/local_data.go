// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"kresd-manager/internal/config"
)

// rule holds what rules have in common.
type rule struct {
	ttl    *time.Duration
	nodata bool
	tags   []string
}

// ttl is in seconds; C.KR_RULE_TTL_DEFAULT is 300.
func (r rule) ttlText() string {
	if r.ttl == nil {
		return "C.KR_RULE_TTL_DEFAULT"
	}
	return fmt.Sprint(seconds(*r.ttl))
}

// tagset is the Lua of a set of tags. Bits are given to names as they come, and
// only within one run of the policy-loader; 0 is everyone.
func (r rule) tagset() string {
	if len(r.tags) == 0 {
		return "0"
	}
	return "policy.get_tagset(" + list(r.tags) + ")"
}

func (s *script) localData(l config.LocalData) {
	all := rule{l.TTL, l.Nodata, nil}
	files, records := len(l.AddressesFiles) > 0, l.Records != ""
	for _, r := range l.Rules {
		files = files || len(r.File) > 0
		records = records || r.Records != ""
	}
	if l.Addresses.Len() > 0 || hasAddress(l.Rules) {
		s.section("local-data: addresses")
		s.line("local function addresses(where, pairs, nodata, ttl, tags)")
		s.line("\tfor address, name in pairs:gmatch('(%%S+) ([^\\n]+)\\n') do")
		s.line("\t\tif C.kr_rule_local_address(name, address, nodata, ttl, tags, C.KR_RULE_OPTS_DEFAULT) ~= 0 then")
		s.line("\t\t\terror(string.format('%%s: kresd refuses the address %%s of %%s', where, address, name), 0)")
		s.line("\t\tend")
		s.line("\tend")
		s.line("end")
	}
	if files {
		s.section("local-data: hosts files")
		s.line("local function hosts(where, path, key, nodata, ttl, tags)")
		s.line("\tsource(where, path, key, function (p) return C.kr_rule_local_hosts(p, nodata, ttl, tags, C.KR_RULE_OPTS_DEFAULT) == 0 end)")
		s.line("end")
	}
	if records || len(l.RPZ) > 0 {
		s.section("local-data: zone text and zone files")
		s.line("local function zone(set)")
		s.line("\tlocal z = ffi.new('struct kr_rule_zonefile_config')")
		s.line("\tz.opts = C.KR_RULE_OPTS_DEFAULT")
		s.line("\tset(z)")
		s.line("\treturn C.kr_rule_zonefile(z) == 0")
		s.line("end")
	}
	if l.Addresses.Len() > 0 {
		s.pairs("/local-data/addresses", config.Names(l.Addresses), l.Addresses.All(), all)
	}
	for i, f := range l.AddressesFiles {
		s.hosts(fmt.Sprintf("/local-data/addresses-files/%d", i), f, all)
	}
	s.zoneText("/local-data/records", l.Records, all, false)
	s.parts(len(l.Rules), func(i int) { s.rule(fmt.Sprintf("/local-data/rules/%d", i), l.Rules[i]) })
	for i, z := range l.RPZ {
		s.rpz(fmt.Sprintf("/local-data/rpz/%d", i), z, all)
	}
}

func hasAddress(rules []config.Rule) bool {
	for _, r := range rules {
		if len(r.Address) > 0 {
			return true
		}
	}
	return false
}

// pairs writes addresses as data, a line each: a Lua function can have only 65,536
// constants.
func (s *script) pairs(where string, names iter.Seq[string], addresses iter.Seq[config.NameAddresses], r rule) {
	level := longLevel(names)
	s.begin()
	s.add("addresses(", quote(where), ", [", level, "[\n")
	for n := range addresses {
		for _, a := range n.Addrs {
			s.b = append(a.AppendTo(s.b), ' ')
			s.b = append(append(s.b, n.Name...), '\n')
			s.part()
		}
	}
	s.add("]", level, "]")
	s.line(", %t, %s, %s)", r.nodata, r.ttlText(), r.tagset())
}

// longLevel is that of a long string (Lua 5.1 manual §2.1) that none of the texts ends. Names
// may have brackets in them.
func longLevel(texts iter.Seq[string]) (level string) {
	for again := true; again; {
		again = false
		for t := range texts {
			for strings.IndexByte(t, ']') >= 0 && strings.Contains(t, "]"+level+"]") {
				level, again = level+"=", true
			}
		}
	}
	return level
}

func (s *script) hosts(where, path string, r rule) {
	s.line("hosts(%s, %s, %s, %t, %s, %s)", quote(where), quote(path), sourceKey("hosts", path), r.nodata, r.ttlText(), r.tagset())
}

// lineEnds turns the line ends of other systems into those of zone files, where
// kresd refuses a carriage return.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\n\r", "\n", "\r", "\n")

// zoneText keeps the text in a variable, because the structure only points to it.
func (s *script) zoneText(where, records string, r rule, scored bool) {
	if records == "" {
		return
	}
	s.line("do")
	s.raw("\tlocal records = ", text(lineEnds.Replace(records)))
	s.line("\tlocal ok = zone(function (z)")
	s.line("\t\tz.ttl, z.tags, z.nodata, z.is_rpz, z.input_str = %s, %s, %t, false, records", r.ttlText(), r.tagset(), r.nodata)
	s.when(scored, "\t\tz.opts.score = 9")
	s.line("\tend)")
	s.line("\tif not ok then error(%s .. ': kresd refuses this; see the message above', 0) end", quote(where))
	s.line("end")
}

func (s *script) rule(where string, c config.Rule) {
	r := rule{c.TTL, c.Nodata, c.Tags}
	if len(c.Address) > 0 {
		s.pairs(where, slices.Values(c.Name), func(yield func(config.NameAddresses) bool) {
			for _, n := range c.Name {
				if !yield(config.NameAddresses{Name: n, Addrs: c.Address}) {
					return
				}
			}
		}, r)
	}
	if c.Subtree != "" {
		s.parts(len(c.Name), func(i int) {
			s.line("assert(C.kr_rule_local_subtree(todname(%s), C.KR_RULE_SUB_%s, %s, %s, C.KR_RULE_OPTS_DEFAULT) == 0, %s)",
				quote(c.Name[i]), strings.ToUpper(c.Subtree), r.ttlText(), r.tagset(), quote(where+": kresd refuses the subtree"))
		})
	}
	for i, f := range c.File {
		s.hosts(fmt.Sprintf("%s/file/%d", where, i), f, r)
	}
	s.zoneText(where, c.Records, r, true)
}

func (s *script) rpz(where string, z config.RPZ, all rule) {
	r := rule{all.ttl, all.nodata, z.Tags}
	s.line("source(%s, %s, %s, function (path)", quote(where+"/file"), quote(z.File), sourceKey("rpz", z.File))
	s.line("\treturn zone(function (z)")
	s.line("\t\tz.ttl, z.tags, z.nodata, z.is_rpz, z.filename = %s, %s, %t, true, path", r.ttlText(), r.tagset(), r.nodata)
	s.line("\t\tz.opts.score = 9")
	if len(z.Log) > 0 {
		s.line("\t\tz.opts.log_level, z.opts.log_ip, z.opts.log_name = 3, %t, %t", slices.Contains(z.Log, "ip"), slices.Contains(z.Log, "name"))
	}
	s.line("\tend)")
	s.line("end)")
}
