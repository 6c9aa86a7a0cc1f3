// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"

	"kresd-manager/internal/config"
)

// PolicyLoader returns the Lua of the policy-loader, which replaces all rules
// in one transaction, and the hash that it announces as STATUS=rules HASH
// right before the transaction is committed: the hash holds if the process
// then succeeds.
func PolicyLoader(c *config.Config) (lua, hash string) {
	var s script
	s.b.WriteString("-- Rules of Knot Resolver. Written by kresd-manager: changes are lost.\n")
	s.line("ffi = require('ffi')")
	s.line("local C = ffi.C")
	s.line("ffi.cdef[[int sd_notify(int, const char *);]]")

	s.section("logging")
	s.line("log_level(%s)", quote(c.Logging.Level))
	s.line("log_target('stderr')")

	s.addresses(c.LocalData.Addresses)
	s.records(c.LocalData.Records)
	if len(c.Forward) > 0 {
		s.section("forward")
		for _, f := range c.Forward {
			s.forward(f)
		}
	}

	// Without this it would make, or collide with, the workers' file.
	s.section("no request prioritisation here")
	s.line("assert(C.defer_init(nil, 0, 0) == 0)")

	hash = Hash(s.b.String())
	s.line("\nC.sd_notify(0, 'STATUS=rules %s')", hash)
	s.line("quit()")
	return s.b.String(), hash
}

// addresses writes the addresses as data, a line each: a Lua function can have
// only 65,536 constants.
func (s *script) addresses(all []config.NameAddresses) {
	if len(all) == 0 {
		return
	}
	var data strings.Builder
	for _, n := range all {
		for _, a := range n.Addrs {
			fmt.Fprintf(&data, "%s %s\n", a, n.Name)
		}
	}
	s.section("local-data/addresses")
	s.line("for address, name in (%s):gmatch('(%%S+) ([^\\n]+)\\n') do", text(data.String()))
	s.line("\tif C.kr_rule_local_address(name, address, true, C.KR_RULE_TTL_DEFAULT, 0, C.KR_RULE_OPTS_DEFAULT) ~= 0 then")
	s.line("\t\terror(string.format('/local-data/addresses: kresd refuses the address %%s of %%s', address, name), 0)")
	s.line("\tend")
	s.line("end")
}

func (s *script) records(records string) {
	if records == "" {
		return
	}
	s.section("local-data/records")
	s.line("local records = %s", text(records))
	s.line("local zone = ffi.new('struct kr_rule_zonefile_config')")
	s.line("zone.ttl, zone.tags, zone.nodata, zone.is_rpz = C.KR_RULE_TTL_DEFAULT, 0, true, false")
	s.line("zone.opts = C.KR_RULE_OPTS_DEFAULT")
	s.line("zone.input_str = records")
	s.line("if C.kr_rule_zonefile(zone) ~= 0 then error('/local-data/records: kresd refuses the text; see the message above', 0) end")
}
