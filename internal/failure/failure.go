// SPDX-License-Identifier: Apache-2.0

// Package failure says what the last words of a daemon mean: which key of the configuration
// they are about, what is wrong, and what can be done. The words are those of kresd 6 and
// of the Lua that package render makes; what they do not say is asked of the machine.
package failure

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"kresd-manager/units"
)

// Machine answers what the words of a daemon leave open.
type Machine interface {
	// Unusable says why workers cannot read a file, and what lets them; "" if they can.
	Unusable(path string) (why, fix string)
	// Line is a line of a file, counted from 1, if anyone may read it.
	Line(path string, n int) (string, bool)
	// Account is the name of a user, "uid N" for one without a name.
	Account(uid string) string
}

// Explain says what the last words of a daemon mean for a configuration, as JSON. It is nil
// where nothing better can be said than what the daemon said.
func Explain(words []string, configuration []byte, m Machine) *units.Cause {
	where := places(configuration)
	for _, line := range words {
		for _, known := range meanings {
			if found := known.words.FindStringSubmatch(line); found != nil {
				cause := known.means(found, where, m)
				return hidden(&cause, words)
			}
		}
	}
	return nil
}

// meanings are what daemons say. The first that matches the first line that any of them
// matches is taken.
var meanings = []struct {
	words *regexp.Regexp
	means func(found []string, where places, m Machine) units.Cause
}{
	{regexp.MustCompile(`gnutls_certificate_set_x509_key_file\((.*),(.*)\) failed: (-?\d+) \((.*)\)`), certificate},
	{regexp.MustCompile(`cannot listen on (\S+) port (\d+) \((udp|tcp)\): (.*?)(?: by a process of user id (\d+))?(?: \(workdir .*)?$`), address},
	{regexp.MustCompile(`network interface '(.*)' does not exist, is down or has no address`), nic},
	{regexp.MustCompile(`cannot use the cache directory: (/[^:]*): ([^;]*)`), cache},
	{regexp.MustCompile(`can't open cache path '(.*)'; working directory '.*'; ([A-Z][^(]*[^ (])`), cache},
	{regexp.MustCompile("error parsing zone file `\\(null\\)`:(\\d+), error -?\\d+: (.*)"), records},
	{regexp.MustCompile(`(/local-data/\S+): (/\S+?):(\d+): ([^;]*?)(?:;.*| \(workdir .*)?$`), line},
	{regexp.MustCompile(`(/local-data/\S+): (/\S+?): ([^;]*?)(?:;.*| \(workdir .*)?$`), list},
	{regexp.MustCompile(`(/lua/(?:policy-)?script:\d+: .*?)(?: \(workdir .*)?$`), script},
}

func certificate(found []string, where places, m Machine) units.Cause {
	cert, key, number, name := found[1], found[2], found[3], found[4]
	pointer := where.parent("/network/tls", cert)
	for _, file := range []struct{ path, key string }{{cert, "cert-file"}, {key, "key-file"}} {
		if why, fix := m.Unusable(file.path); why != "" {
			return units.Cause{Pointer: pointer + "/" + file.key, What: file.path + " " + why, Fix: fix}
		}
	}
	switch name {
	case "GNUTLS_E_CERTIFICATE_KEY_MISMATCH":
		return units.Cause{Pointer: pointer + "/key-file", What: fmt.Sprintf("%s is not the key of the certificate %s", key, cert),
			Fix: fmt.Sprintf("compare openssl x509 -noout -pubkey -in %s with openssl pkey -pubout -in %s", cert, key)}
	case "GNUTLS_E_BASE64_DECODING_ERROR", "GNUTLS_E_NO_CERTIFICATE_FOUND", "GNUTLS_E_BASE64_UNEXPECTED_HEADER_ERROR":
		return units.Cause{Pointer: pointer + "/cert-file", What: cert + " holds no certificate in PEM format",
			Fix: fmt.Sprintf("see openssl x509 -noout -subject -in %s", cert)}
	case "GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE", "GNUTLS_E_UNKNOWN_PK_ALGORITHM", "GNUTLS_E_DECRYPTION_FAILED":
		return units.Cause{Pointer: pointer + "/key-file", What: key + " holds no private key in PEM format, or one with a password",
			Fix: fmt.Sprintf("see openssl pkey -noout -in %s", key)}
	case "GNUTLS_E_FILE_ERROR":
		return units.Cause{Pointer: pointer, What: fmt.Sprintf("workers cannot read %s or %s", cert, key),
			Fix: fmt.Sprintf("let the group knot-resolver read both: chgrp knot-resolver %s %s; chmod g+r %s %s", cert, key, cert, key)}
	}
	return units.Cause{Pointer: pointer, What: fmt.Sprintf("the certificate %s and the key %s cannot be used: %s (%s)", cert, key, name, number),
		Fix: "kresctl -v shows the words of the daemon"}
}

func address(found []string, where places, m Machine) units.Cause {
	ip, port, protocol, reason, uid := found[1], found[2], found[3], found[4], found[5]
	c := units.Cause{Pointer: where.listen(ip, port)}
	switch {
	case strings.HasPrefix(reason, "Cannot assign requested address"):
		c.What = ip + " is not an address of this machine"
		c.Fix = "ip -brief address lists them; freebind: true listens on an address that comes later"
	case strings.HasPrefix(reason, "Address already in use"):
		c.What = fmt.Sprintf("port %s (%s) of %s is taken", port, protocol, ip)
		if uid != "" {
			c.What += " by a process of " + m.Account(uid)
		}
		c.Fix = fmt.Sprintf("ss -lnp --%s 'sport = :%s' as root, and kresctl doctor, name the process and its unit; stop it, or choose another port", protocol, port)
	case strings.HasPrefix(reason, "Permission denied"):
		c.What = fmt.Sprintf("workers may not listen on port %s of %s", port, ip)
		c.Fix = "kresd@.service needs AmbientCapabilities=CAP_NET_BIND_SERVICE; see systemctl cat kresd@1.service"
	default:
		c.What = fmt.Sprintf("workers cannot listen on port %s (%s) of %s: %s", port, protocol, ip, reason)
	}
	return c
}

func nic(found []string, where places, _ Machine) units.Cause {
	return units.Cause{Pointer: where.listen(found[1], ""), What: fmt.Sprintf("there is no network interface %s, or it is down or has no address", found[1]),
		Fix: "ip -brief address lists them"}
}

func cache(found []string, where places, m Machine) units.Cause {
	dir, reason := found[1], found[2]
	if file, ok := strings.CutSuffix(dir, "/size"); ok {
		dir = file // the first file that is opened there
	}
	c := units.Cause{Pointer: "/cache/storage"}
	switch {
	case strings.HasPrefix(reason, "No space left"):
		c.Pointer = "/cache/size-max"
		c.What = "the file system of " + dir + " has no room for the cache"
		c.Fix = fmt.Sprintf("df -h %s shows what is free; free some, or make /cache/size-max smaller", dir)
	case strings.HasPrefix(reason, "No such file"):
		c.What = "the directory " + dir + " of the cache is not there"
		c.Fix = fmt.Sprintf("install -d -o knot-resolver -g knot-resolver -m 0750 %s", dir)
	case strings.HasPrefix(reason, "Permission denied"):
		c.What = "workers may not write to the directory " + dir + " of the cache"
		c.Fix = fmt.Sprintf("chown knot-resolver:knot-resolver %s; chmod 0750 %s", dir, dir)
	case strings.HasPrefix(reason, "Read-only file system"):
		c.What = "the directory " + dir + " of the cache is read-only for workers"
		c.Fix = "name it in ReadWritePaths= of a drop-in: systemctl edit kresd@.service; kresctl reload"
	default:
		c.What = fmt.Sprintf("the cache in %s cannot be opened: %s", dir, reason)
	}
	return c
}

func line(found []string, _ places, m Machine) units.Cause {
	c := units.Cause{Pointer: found[1], What: fmt.Sprintf("%s:%s: %s", found[2], found[3], strings.TrimSpace(found[4]))}
	if n, err := strconv.Atoi(found[3]); err == nil {
		c.Quote, _ = m.Line(found[2], n)
	}
	if c.Quote == "" {
		c.Fix = fmt.Sprintf("sed -n %sp %s shows the line", found[3], found[2])
	}
	return c
}

// records are those in the configuration itself, which have lines of their own.
func records(found []string, where places, _ Machine) units.Cause {
	const pointer = "/local-data/records"
	c := units.Cause{Pointer: pointer, What: fmt.Sprintf("line %s: %s", found[1], found[2])}
	lines := strings.Split(where.at(pointer), "\n")
	if n, err := strconv.Atoi(found[1]); err == nil && n >= 1 && n <= len(lines) {
		c.Quote = shown(lines[n-1])
	}
	return c
}

func script(found []string, _ places, _ Machine) units.Cause {
	return units.Cause{What: found[1]}
}

func list(found []string, _ places, m Machine) units.Cause {
	c := units.Cause{Pointer: found[1], What: found[2] + ": " + strings.TrimSpace(found[3])}
	if why, fix := m.Unusable(found[2]); why != "" {
		c.What, c.Fix = found[2]+" "+why, fix
	}
	return c
}

// confined is how package sandbox ends its explanations, with what opens a path.
var confined = regexp.MustCompile(`^(/\S+) (.* (?:ProtectHome|ProtectSystem|InaccessiblePaths|PrivateTmp|TemporaryFileSystem|ReadOnlyPaths|ReadWritePaths|PrivateDevices|ProtectKernel\w+)=.*?); .*$`)

// hidden says that a sandbox is the reason, where the explanation of it is among the words
// and is about a path that the cause names. The longest is meant: the pointer to a key looks
// like a path, too.
func hidden(c *units.Cause, words []string) *units.Cause {
	longest := 0
	for _, line := range words {
		if m := confined.FindStringSubmatch(line); m != nil && strings.Contains(c.What, m[1]) && len(m[1]) > longest {
			c.Fix, c.Quote, longest = line, "", len(m[1])
		}
	}
	return c
}
