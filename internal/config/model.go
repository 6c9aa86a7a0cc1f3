// SPDX-License-Identifier: Apache-2.0

package config

// This file and those named model_… are where keys are declared, and the only
// place. A field with the tags
//
//	key      name of the key in the configuration
//	was      its names in earlier versions, separated by blanks: names of the
//	         same section, or pointers, which start with /; what has no
//	         successor is in renamed.go
//	type     grammar of its value (grammar.go lists them); "?" at the end
//	         allows null and absence, and the field then keeps its zero value
//	default  value of an absent key, written as YAML
//	derived  in place of default: words for a default that check computes
//	required "true": absence is an error
//	short    key of the object that a bare string stands for
//	ours     "true": the key is not one of Knot Resolver's
//	secret   "true": the value is never shown in messages
//	doc      meaning, for the reference documentation and the JSON schema
//
// is a key; a struct without type is a section; a field named _ is a key whose
// value only feeds the check method of its struct. Fields hold plain resolved
// values: bytes, durations, addresses, absolute paths.

// Config is what a configuration means: complete, checked, in normal form.
// Two documents that mean the same give deeply equal values; the order of
// lists and of /local-data/addresses is that of the document.
type Config struct {
	// Version is ignored; beyond 64 bits it is the nearest number within.
	Version  int     `key:"version" type:"int" default:"1" doc:"Version of the configuration's form. It is ignored; there is only 1."`
	NSID     *string `key:"nsid" type:"estr?" doc:"Text of the NSID option (RFC 5001); each worker appends its number. Without it the option is not answered."`
	Hostname string  `key:"hostname" type:"estr?" derived:"host name of the system" doc:"Name the resolver uses for itself."`
	Rundir   string  `key:"rundir" type:"wdir" default:"/run/knot-resolver" doc:"Working directory of all processes: sockets, rule database, lock."`
	Workers  int     `key:"workers" type:"int>=1|auto" default:"1" doc:"Number of resolver processes; auto means one for each CPU that may be used. More than ten for each CPU are refused."`

	Management   Management       `key:"management" doc:"The HTTP API of the manager."`
	Options      Options          `key:"options" doc:"How names are resolved."`
	Network      Network          `key:"network" doc:"Addresses and protocols the resolver serves, and how it reaches other servers."`
	Views        []View           `key:"views" type:"list?" doc:"What is special for clients, by their addresses. The longest subnet that fits decides."`
	LocalData    LocalData        `key:"local-data" doc:"Names answered from this configuration."`
	Forward      Entries[Forward] `key:"forward" type:"list?" doc:"Parts of the name space that other servers resolve."`
	Fallback     Fallback         `key:"fallback" doc:"Servers to ask when resolving fails."`
	Cache        Cache            `key:"cache" doc:"The cache shared by all workers."`
	DNSSEC       DNSSEC           `key:"dnssec" doc:"Validation of answers."`
	DNS64        DNS64            `key:"dns64" doc:"IPv6 addresses made from IPv4 addresses (RFC 6147)."`
	Logging      Logging          `key:"logging" doc:"What the processes log."`
	Monitoring   Monitoring       `key:"monitoring" doc:"Statistics of the workers."`
	RateLimiting RateLimiting     `key:"rate-limiting" doc:"Bounds on how many answers one client gets."`
	Defer        Defer            `key:"defer" doc:"Requests of clients that cost much wait for those that cost little."`
	Lua          Lua              `key:"lua" doc:"Custom Lua."`

	Systemd    Systemd     `key:"systemd" ours:"true" doc:"How systemd runs the workers."`
	Components []Component `key:"components" type:"map<name,object>?" ours:"true" doc:"Further processes that run beside the workers, by name."`
}

// Lua is Lua of the administrator's own. Of a script and a file with one at
// most one is set.
type Lua struct {
	ScriptOnly       bool   `key:"script-only" type:"bool" default:"false" doc:"Workers run the script in place of everything else in this configuration."`
	Script           string `key:"script" type:"str?" doc:"Lua run by every worker after the rest of its configuration."`
	ScriptFile       string `key:"script-file" type:"rfile?" doc:"File with that Lua. Not together with script."`
	PolicyScriptOnly bool   `key:"policy-script-only" type:"bool" default:"false" doc:"The policy-loader runs the script in place of everything else in this configuration."`
	PolicyScript     string `key:"policy-script" type:"str?" doc:"Lua run by the policy-loader, after the rules of this configuration."`
	PolicyScriptFile string `key:"policy-script-file" type:"rfile?" doc:"File with that Lua. Not together with policy-script."`
}
