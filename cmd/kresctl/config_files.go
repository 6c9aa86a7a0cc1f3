// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"kresd-manager/internal/config"
)

// configFiles is what a command without FILE is about: what the command line
// says, else the installed configuration. No manager is asked for it: whoever
// answers in its place must not choose what is read and written here.
func (a *app) configFiles(args []string) []string {
	switch {
	case len(args) > 0:
		return args
	case len(a.configs) > 0:
		return a.configs
	default:
		return []string{defaultConfig}
	}
}

// checkFiles refuses to go on with files that are not those the manager says it
// reads. What it says is compared, and never used as a path.
func checkFiles(own, told []string) error {
	if slices.EqualFunc(own, told, sameFile) {
		return nil
	}
	return fmt.Errorf("the manager reads %s, and kresctl would write %s; if the manager is right, say so with %s",
		strings.Join(told, " + "), strings.Join(own, " + "), "-c "+strings.Join(told, " -c "))
}

// sameFile reports whether a file of ours is what another one calls by an
// absolute path, which is not looked at.
func sameFile(own, told string) bool {
	path, err := filepath.Abs(own)
	if err == nil && path == told {
		return true
	}
	path, err = filepath.EvalSymlinks(path)
	return err == nil && path == told
}

// readConfigs reads configuration files and combines them.
func readConfigs(files []string) (*config.Document, error) {
	docs := make([]*config.Document, len(files))
	for i, file := range files {
		var err error
		if docs[i], err = config.ReadFile(file); err != nil {
			return nil, err
		}
	}
	if len(docs) == 1 {
		return docs[0], nil
	}
	return config.Combine(docs...)
}
