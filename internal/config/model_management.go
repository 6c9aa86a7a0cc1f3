// SPDX-License-Identifier: Apache-2.0

package config

import "time"

// Management is how the manager is reached: by UnixSocket or by Interface.
type Management struct {
	// UnixSocket is an absolute path of at most 107 bytes, "" if Interface is
	// set.
	UnixSocket string `key:"unix-socket" type:"socket?" default:"/run/knot-resolver/kres-api.sock" doc:"Path of the API socket. The default holds while the section management is absent; a section that is present must name the socket, or interface."`
	// Interface has an address and a port; the address is invalid if
	// UnixSocket is set.
	Interface AddrPort `key:"interface" type:"ip-port?" doc:"TCP address and @port of the API, in place of a socket. The socket unit must listen there, too: see docs/api.md."`

	TLS ManagementTLS `key:"tls" ours:"true" doc:"Encryption of the API at the address in interface. The user kresd-manager must be able to read the files; a renewed certificate is served at once, and one that cannot be used leaves the last one."`

	// IdleExit is 0 for never.
	IdleExit time.Duration `key:"idle-exit" type:"time?" ours:"true" doc:"The manager ends after this time without requests and work, and the next request starts it again; see docs/api.md for what keeps it. At least 5s."`
	// AllowOrigins holds origins (RFC 6454) in lower case.
	AllowOrigins []string `key:"allow-origins" type:"list<origin>?" ours:"true" doc:"Origins of web pages that may use the API, such as https://admin.example."`
	PProf        bool     `key:"pprof" type:"bool" default:"false" ours:"true" doc:"Profiles of the manager are at /debug/pprof/ of the API, for those who may change the configuration."`
	Roles        []Role   `key:"roles" type:"list?" ours:"true" doc:"Who may do what over the API. Without it, whoever reaches the socket may do everything; over TCP a token is needed for all but reading."`
}

// ManagementTLS is the encryption of the API over TCP. Without CertFile there is none.
type ManagementTLS struct {
	CertFile string `key:"cert-file" type:"rfile?" ours:"true" doc:"Certificate chain, PEM."`
	KeyFile  string `key:"key-file" type:"rfile?" ours:"true" doc:"Private key of the certificate, PEM."`
	// ClientCAFile is "" where no client certificates are looked at.
	ClientCAFile string `key:"client-ca-file" type:"rfile?" ours:"true" doc:"Certificates of the authorities that sign client certificates, PEM. A role names in certificates who has it by one."`
}

// Role gives some callers of the API a right.
type Role struct {
	// Role is "read", "operate" or "configure"; each includes those before it.
	Role  string   `key:"role" type:"enum read operate configure" required:"true" ours:"true" doc:"What these callers may do: read; operate, which adds reloads and restarts; configure, which adds changes."`
	Users []string `key:"users" type:"list<estr>?" ours:"true" doc:"Users of the system, by name or number, known by their connection to the socket. Root and the manager's own user always may do everything."`
	// Certificates are names in certificates of clients.
	Certificates []string `key:"certificates" type:"list<estr>?" ours:"true" doc:"Names of client certificates that /management/tls/client-ca-file has signed: a DNS name, mail address or URI of its subjectAltName, or the common name of one without."`
	Groups       []string `key:"groups" type:"list<estr>?" ours:"true" doc:"Groups of the system, by name or number."`
	// Name is what the history calls who has the role by its token or certificate.
	Name  string `key:"name" type:"estr?" ours:"true" doc:"Who has the token or the certificate, for the history and the log: deploy, alice. At most 64 bytes."`
	Token string `key:"token" type:"estr32?" secret:"true" ours:"true" doc:"Bearer token that gives the role to whoever sends it, at least 32 bytes; or sha256: and the SHA-256 of a token in hexadecimal, which kresctl token hash makes."`
	// TokenFile holds one token, or its hash, in a line.
	TokenFile string `key:"token-file" type:"rfile?" ours:"true" doc:"File with such a token, or its hash, in its only line, in place of the token itself. The user kresd-manager must be able to read it, and no one else should (mode 0400); it is read at each request."`
}
