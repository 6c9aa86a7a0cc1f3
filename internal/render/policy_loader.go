// SPDX-License-Identifier: Apache-2.0

package render

import (
	_ "embed"
	"io"
	"strings"

	"kresd-manager/internal/config"
)

// loaderLua is the Lua that the policy-loader carries: what has a file that fails
// cost its own rules alone, and reports it.
//
//go:embed loader.lua
var loaderLua string

// PolicyLoader returns the Lua of the policy-loader, which replaces all rules
// in one transaction, and the hash that it announces as STATUS=rules HASH, with
// what is degraded, right before the transaction is committed: the hash holds if
// the process then succeeds.
func PolicyLoader(c *config.Config) (lua, hash string) {
	var b strings.Builder
	hash = WritePolicyLoader(&b, c)
	return b.String(), hash
}

// WritePolicyLoader writes the Lua of the policy-loader to w, whose errors are its own
// affair, and returns the hash. No more than a part of it is in memory.
func WritePolicyLoader(w io.Writer, c *config.Config) (hash string) {
	s := newScript(w)
	s.add("-- Rules of Knot Resolver. Written by kresd-manager: changes are lost.\n")
	s.line("ffi = require('ffi')")
	s.line("local C = ffi.C")
	s.add("\n", loaderLua)

	// The journal knows the unit of a line on standard error even when the
	// process has ended.
	s.logging(c.Logging, "policy-loader", "'stderr'")
	// All of it is done again where a file fails.
	s.section("all rules")
	s.line("local function rules()")
	if !c.Lua.PolicyScriptOnly {
		s.views(c.Views)
		s.localData(c.LocalData)
		s.section("forward")
		s.forwards(c.Forward.Len(), c.Forward, func(config.Forward) bool { return true })
	}
	s.policyScript(c.Lua)
	s.title = ""
	s.line("end")

	// Without this it would make, or collide with, the workers' file.
	s.section("no request prioritisation here")
	s.line("assert(C.defer_init(nil, 0, 0) == 0)")

	hash = s.hash()
	s.section("what systemctl status shows")
	s.line("local degraded = load_rules('%s', rules)", hash)
	s.line("if not again then C.sd_notify(0, 'STATUS=rules %s' .. degraded) end", hash)
	s.line("quit()")
	s.flush()
	return hash
}

// policyScript is part of the text like other rules, unless it is a file.
func (s *script) policyScript(l config.Lua) {
	if l.PolicyScript != "" || l.PolicyScriptFile == "" {
		s.script("/lua/policy-script", l.PolicyScript, "")
		return
	}
	const where = "/lua/policy-script-file"
	s.section(where)
	s.line("source(%s, %s, %s, function (path)", quote(where), quote(l.PolicyScriptFile), sourceKey("lua", l.PolicyScriptFile))
	s.line("\tlocal file = assert(io.open(path))")
	s.line("\tlocal text = file:read('*a')")
	s.line("\tfile:close()")
	s.line("\tlocal chunk, problem = loadstring('local C = ...; ' .. text, '@' .. path)")
	s.line("\tif not chunk then error(problem, 0) end")
	s.line("\tchunk(C)")
	s.line("\treturn true")
	s.line("end)")
}

// sourceKey is the Lua of the name of a file's copy: a file that is read in
// another way is another source.
func sourceKey(kind, path string) string { return quote(Hash(kind, path)) }
