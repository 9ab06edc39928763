package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// plainBash is a bash without any function of the package bash-completion, and with
// banctl and the script that completes it.
type plainBash struct {
	path string
	env  []string
}

func newPlainBash(t *testing.T, c *cli) plainBash {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "banctl")); err != nil {
		t.Skip("no symbolic links here")
	}
	return plainBash{bash, []string{
		"PATH=" + dir + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + dir, "TERM=dumb", "PS1=ready> ",
		childEnv + "=banctl", "BANCTL_DB=" + c.db, "INPUTRC=/dev/null", "LC_ALL=C.UTF-8",
	}}
}

// complete returns what bash would offer for a command line. "|" is the cursor, in the line
// and among the words that bash breaks it into.
func (b plainBash) complete(t *testing.T, line string, broken ...string) []string {
	t.Helper()
	at := strings.Index(line, "|")
	script := `source <(banctl completion bash --no-descriptions) || exit 1
if declare -F _get_comp_words_by_ref _init_completion __ltrim_colon_completions; then exit 2; fi
compopt() { :; }
COMP_LINE=$1 COMP_POINT=$2 COMP_CWORD=$3 COMP_TYPE=9
shift 3
COMP_WORDS=("$@")
__start_banctl
printf '%s\n' "${COMPREPLY[@]}"`
	cword := -1
	for i, w := range broken {
		if strings.Contains(w, "|") {
			cword, broken[i] = i, strings.ReplaceAll(w, "|", "")
		}
	}
	args := append([]string{"--norc", "--noprofile", "-c", script, "bash", strings.Replace(line, "|", "", 1), strconv.Itoa(at), strconv.Itoa(cword)}, broken...)
	cmd := exec.Command(b.path, args...)
	cmd.Env = b.env
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil || errs.Len() > 0 {
		t.Fatalf("%q: %v: %s %s", line, err, out, errs.String())
	}
	return strings.Fields(string(out))
}

func TestBashCompletesWithoutItsPackage(t *testing.T) {
	c := newCLI(t)
	c.ok("import", "--list", "disposable", file(t, "a.txt", "a.example\nb.example\n"))
	c.ok("import", "--list", "dial-up", file(t, "b.txt", "c.example\nd.example\n"))
	b := newPlainBash(t, c)
	for name, test := range map[string]struct {
		line  string
		words []string // as bash breaks them; "|" is where the cursor is
		want  []string
	}{
		"a command":                       {"banctl imp|", []string{"banctl", "imp|"}, []string{"import"}},
		"several":                         {"banctl re|", []string{"banctl", "re|"}, []string{"reinstate", "reject", "restore", "revoke"}},
		"a flag":                          {"banctl import --li|", []string{"banctl", "import", "--li|"}, []string{"--list"}},
		"names after a flag":              {"banctl import --list |", []string{"banctl", "import", "--list", "|"}, []string{"dial-up", "disposable"}},
		"a name that has begun":           {"banctl import --list dis|", []string{"banctl", "import", "--list", "dis|"}, []string{"disposable"}},
		"names after an equals sign":      {"banctl import --list=|", []string{"banctl", "import", "--list", "=|", ""}, []string{"dial-up", "disposable"}},
		"a name after an equals sign":     {"banctl import --list=dis|", []string{"banctl", "import", "--list", "=", "dis|"}, []string{"disposable"}},
		"an equals sign that stands free": {"banctl import = --li|", []string{"banctl", "import", "=", "--li|"}, []string{"--list"}},
		"values of a flag":                {"banctl import --format ho|", []string{"banctl", "import", "--format", "ho|"}, []string{"hosts"}},
		"an argument":                     {"banctl undo di|", []string{"banctl", "undo", "di|"}, []string{"dial-up", "disposable"}},
		"behind a word with a colon":      {"banctl add name:john --eff|", []string{"banctl", "add", "name", ":", "john", "--eff|"}, []string{"--effect"}},
		"within a line":                   {"banctl imp| --list x", []string{"banctl", "imp|", "--list", "x"}, []string{"import"}},
		"within a word":                   {"banctl im|port", []string{"banctl", "im|port"}, []string{"import"}},
		"several spaces and a tab":        {"banctl  import\t--li|", []string{"banctl", "import", "--li|"}, []string{"--list"}},
		"nothing fits":                    {"banctl undo zz|", []string{"banctl", "undo", "zz|"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := b.complete(t, test.line, slices.Clone(test.words)...)
			slices.Sort(got)
			if !slices.Equal(got, test.want) {
				t.Errorf("it offers %q, want %q", got, test.want)
			}
		})
	}
}

// On a terminal it is bash that breaks the words and puts the completion in.
func TestTheTabKeyWorksInAPlainBash(t *testing.T) {
	c := newCLI(t)
	c.ok("import", "--list", "disposable", file(t, "a.txt", "a.example\nb.example\n"))
	b := newPlainBash(t, c)
	cmd := exec.Command(b.path, "--norc", "--noprofile", "-i")
	cmd.Env, cmd.Dir = b.env, t.TempDir()
	screen, err := pty.Start(cmd)
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	defer func() {
		screen.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	seen := make(chan string, 1)
	go func() {
		out, _ := io.ReadAll(screen) // ends with an error when bash has
		seen <- string(out)
	}()
	for _, keys := range []string{
		"source <(banctl completion bash)\n",
		": ; banctl ver\t\n",
		"banctl undo disp\t\n",
		"banctl imp\t--list=dis\t--help | head -n 1\n",
		"exit\n",
	} {
		if _, err := io.WriteString(screen, keys); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case out := <-seen:
		text := regexp.MustCompile(`\x1b\[[?0-9;]*[a-zA-Z]|[\a\r]`).ReplaceAllString(out, "")
		for _, want := range []string{"banctl verify ", "banctl undo disposable ", "banctl import --list=disposable "} {
			if !strings.Contains(text, want) {
				t.Errorf("%q was not completed:\n%s", want, text)
			}
		}
		if strings.Contains(text, "command not found") {
			t.Errorf("bash misses something:\n%s", text)
		}
	case <-time.After(time.Minute):
		t.Fatal("bash does not end")
	}
}
