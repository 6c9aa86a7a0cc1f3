// SPDX-License-Identifier: Apache-2.0

package render

import "kresd-manager/internal/config"

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

	// The journal knows the unit of a line on standard error even when the
	// process has ended.
	s.logging(c.Logging, "policy-loader", "'stderr'")
	if !c.Lua.PolicyScriptOnly {
		s.views(c.Views)
		s.localData(c.LocalData)
		s.section("forward")
		s.parts(len(c.Forward), func(i int) { s.forward(c.Forward[i]) })
	}
	s.script("/lua/policy-script", c.Lua.PolicyScript, c.Lua.PolicyScriptFile)

	// Without this it would make, or collide with, the workers' file.
	s.section("no request prioritisation here")
	s.line("assert(C.defer_init(nil, 0, 0) == 0)")

	hash = Hash(s.b.String())
	s.section("what systemctl status shows")
	s.line("C.sd_notify(0, 'STATUS=rules %s')", hash)
	s.line("quit()")
	return s.b.String(), hash
}
