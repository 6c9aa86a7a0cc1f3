// SPDX-License-Identifier: Apache-2.0

package main

import "kresd-manager/internal/source"

// write prints a text, or saves it in a file if one is named. It is for data,
// which are exact in files and pipes.
func (a *app) write(file string, text []byte) error {
	if file == "" || file == source.Stdin {
		return a.stdout.Data(text)
	}
	return a.files.Save(file, text)
}
