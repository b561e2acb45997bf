package main

import (
	"go/ast"
	"go/token"
	"go/types"
)

// mutants returns each possible mutant of the package, in the order of the
// files. Some of them may not compile.
func (s *source) mutants() []mutant {
	var found []mutant
	for i := range s.files {
		if s.files[i].generated {
			continue
		}
		f := finder{source: s, file: &s.files[i]}
		ast.Inspect(s.files[i].syntax, f.visit)
		found = append(found, f.found...)
	}
	number(found)
	return found
}

// finder collects the mutants of a file.
type finder struct {
	source *source
	file   *sourceFile
	stack  []ast.Node // from the file down to the visited node
	found  []mutant
}

func (f *finder) visit(n ast.Node) bool {
	if n == nil {
		f.stack = f.stack[:len(f.stack)-1]
		return true
	}
	if call, ok := n.(*ast.CallExpr); ok && f.logs(call) {
		return false
	}
	f.stack = append(f.stack, n)
	switch n := n.(type) {
	case *ast.IfStmt:
		f.condition(n.Cond)
	case *ast.ForStmt:
		f.condition(n.Cond)
	case *ast.CaseClause:
		f.cases(n)
	case *ast.ReturnStmt:
		f.results(n)
	case *ast.BinaryExpr:
		f.binary(n)
	case *ast.IncDecStmt:
		f.swapStatement(n, n.TokPos, n.Tok)
	case *ast.AssignStmt:
		f.swapStatement(n, n.TokPos, n.Tok)
		f.removable(n)
	case *ast.ExprStmt:
		f.removable(n)
	case *ast.BranchStmt:
		f.removable(n)
	case *ast.Ident:
		f.boolean(n)
	case *ast.BasicLit:
		f.constant(n)
	}
	return true
}

// parent returns the node above the visited one.
func (f *finder) parent() ast.Node {
	if len(f.stack) < 2 {
		return nil
	}
	return f.stack[len(f.stack)-2]
}

// add adds the mutant that has an edit. The form is the edit that can be
// switched on, or the zero edit.
func (f *finder) add(operator string, e, form edit) {
	m := mutant{edit: e, dir: f.source.dir, file: f.file.name, function: f.function(), operator: operator, form: form}
	m.describe(f.file.text)
	f.found = append(f.found, m)
}

func (f *finder) offset(p token.Pos) int { return f.source.fset.Position(p).Offset }

// code returns the text of a node.
func (f *finder) code(n ast.Node) string { return f.between(n.Pos(), n.End()) }

func (f *finder) between(start, end token.Pos) string {
	return string(f.file.text[f.offset(start):f.offset(end)])
}

// replace is the edit of a whole node.
func (f *finder) replace(n ast.Node, text string) edit {
	return edit{f.offset(n.Pos()), f.offset(n.End()), text}
}

// function names the declared function around the visited node.
func (f *finder) function() string {
	for _, n := range f.stack {
		if decl, ok := n.(*ast.FuncDecl); ok {
			if decl.Recv != nil && len(decl.Recv.List) == 1 {
				return receiver(decl.Recv.List[0].Type) + "." + decl.Name.Name
			}
			return decl.Name.Name
		}
	}
	return "-"
}

func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return "?"
}

// logs reports whether a call is one of log/slog. No test compares lines of the
// log, so the calls and their arguments have no mutants.
func (f *finder) logs(call *ast.CallExpr) bool {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	used := f.source.info.Uses[selector.Sel]
	return used != nil && used.Pkg() != nil && used.Pkg().Path() == "log/slog"
}

// universe reports whether a name is the given predeclared one.
func (f *finder) universe(e ast.Expr, name string) bool {
	ident, ok := e.(*ast.Ident)
	return ok && f.source.info.Uses[ident] == types.Universe.Lookup(name)
}

// isError reports whether an expression has the type error.
func (f *finder) isError(e ast.Expr) bool {
	t := f.source.info.TypeOf(e)
	return t != nil && types.Identical(t, types.Universe.Lookup("error").Type())
}
