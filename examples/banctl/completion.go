package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// bashWords is what the script for bash has in place of a function of the package
// bash-completion, so that a bash without that package completes too.
//
//go:embed completion.bash
var bashWords []byte

// bashWordsOfPackage is the line of cobra's script that needs the package.
var bashWordsOfPackage = []byte(`    _get_comp_words_by_ref "$@" cur prev words cword` + "\n")

// addCompletion adds the command that writes scripts for shells.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	bash, _, err := root.Find([]string{"completion", "bash"})
	if err != nil || bash.Name() != "bash" {
		return
	}
	bash.Long = `Write what has bash complete commands, flags, their values and names of lists.

In the current shell:

	source <(banctl completion bash)

In every new one: put that line into ~/.bashrc. The package bash-completion is used
where it is installed, and not needed.`
	bash.RunE = func(cmd *cobra.Command, _ []string) error {
		plain, err := cmd.Flags().GetBool("no-descriptions")
		if err != nil {
			return fmt.Errorf("completion: %w", err)
		}
		var script bytes.Buffer
		if err := root.GenBashCompletionV2(&script, !plain); err != nil {
			return fmt.Errorf("completion: %w", err)
		}
		if !bytes.Contains(script.Bytes(), bashWordsOfPackage) {
			return errors.New("completion: the script of cobra is another one than was known")
		}
		out := bytes.Replace(script.Bytes(), bashWordsOfPackage, []byte("    __banctl_words\n"), 1)
		_, err = cmd.OutOrStdout().Write(append(out, bashWords...))
		return err
	}
}
