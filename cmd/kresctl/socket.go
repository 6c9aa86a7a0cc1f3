// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"kresd-manager/internal/client"
	"kresd-manager/internal/config"
)

// socketPath finds the manager: -s as it is; else what the configuration file
// says; else the default. A configuration that was not asked for with -c helps
// if it can be read and does no harm if it cannot.
func (a *app) socketPath() (string, error) {
	if a.socket != "" {
		return a.socket, nil
	}
	if a.config == "" {
		path, err := socketIn(defaultConfig)
		if err != nil || path == "" {
			path = client.DefaultSocket
		}
		return path, nil
	}
	path, err := socketIn(a.config)
	if err != nil {
		return "", err
	}
	if path == "" {
		path = client.DefaultSocket
	}
	return path, nil
}

// socketIn returns what a configuration file says about the socket, "" if
// nothing. The rest of the file need not be valid: a client is most needed
// when it is not. A relative path starts at the folder of the file, as for the
// manager.
func socketIn(file string) (string, error) {
	doc, err := config.ReadFile(file)
	if err != nil {
		return "", err
	}
	value, err := doc.Value("/management/unix-socket")
	switch {
	case errors.Is(err, config.ErrNotFound):
		if _, err := doc.Value("/management/interface"); err == nil {
			return "", fmt.Errorf("%s configures management/interface and no unix-socket; name a socket with -s", file)
		}
		return "", nil
	case err != nil:
		return "", fmt.Errorf("cannot find the socket in %s: %w", file, err)
	}
	var path string
	if err := json.Unmarshal(value, &path); err != nil || path == "" {
		return "", fmt.Errorf("cannot find the socket in %s: /management/unix-socket is %s, not a path", file, value)
	}
	if !filepath.IsAbs(path) {
		dir, err := filepath.Abs(filepath.Dir(file))
		if err != nil {
			return "", fmt.Errorf("cannot find the folder of %s: %w", file, err)
		}
		path = filepath.Join(dir, path)
	}
	return path, nil
}
