// Command release makes a release of all modules of the project.
//
//	go run ./internal/release -version v0.1.0 -proxy DIR    # a file proxy, to try it
//	go run ./internal/release -version v0.1.0 -tag          # the tags, not pushed
//
// The modules below the root, such as examples, replace the root module by the
// folder beside them, so that what is developed together is tested together. A
// replacement in the go.mod of a release forbids "go install PROGRAM@VERSION". So a
// release has none: each module requires the others in the version of the release,
// and its go.sum has their hashes. The main branch stays as it is. The tag of the
// root is at HEAD; those of the other modules, MODULE/VERSION, are at a commit beside
// the branch, which has the changed go.mod and go.sum of all.
//
// The hashes are those that the go command finds when it fetches the tags, since a
// module's zip is made as it makes one: the files below go.mod that belong to no
// other module, and the root's LICENSE where a module has none.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "release:", err)
		}
		os.Exit(2)
	}
}

var semantic = regexp.MustCompile(`^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$`)

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	version := flags.String("version", "", "the `VERSION`, such as v0.1.0")
	proxy := flags.String("proxy", "", "write the modules to the folder `DIR`, for GOPROXY=file://DIR")
	tag := flags.Bool("tag", false, "tag HEAD, and the commit beside it that the other modules are at")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if !semantic.MatchString(*version) {
		return fmt.Errorf("the version is %q: give one such as v0.1.0", *version)
	}
	if *proxy == "" && !*tag {
		return errors.New("give -proxy or -tag")
	}
	project, err := readProject(ctx, ".")
	if err != nil {
		return err
	}
	if *tag {
		if err := project.isHead(ctx); err != nil {
			return err
		}
	}
	if *proxy == "" {
		dir, err := os.MkdirTemp("", "release")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		*proxy = dir
	}
	if err := project.release(ctx, *version, *proxy); err != nil {
		return err
	}
	for _, m := range project.modules {
		fmt.Println(m.path, *version)
	}
	if !*tag {
		return nil
	}
	return project.tag(ctx, *version)
}
