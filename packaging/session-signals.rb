# The template of the Homebrew formula. The words between two @ are filled in from a release, see README.md.
class SessionSignals < Formula
  desc "Tiny static hooks for Claude Code that publish what every session is doing"
  homepage "@HOMEPAGE@"
  version "@VERSION@"
  license "MIT"

  on_macos do
    on_arm do
      url "@HOMEPAGE@/releases/download/v@VERSION@/session-signals-@VERSION@-aarch64-apple-darwin.tar.gz"
      sha256 "@SHA256_AARCH64_APPLE_DARWIN@"
    end
    on_intel do
      url "@HOMEPAGE@/releases/download/v@VERSION@/session-signals-@VERSION@-x86_64-apple-darwin.tar.gz"
      sha256 "@SHA256_X86_64_APPLE_DARWIN@"
    end
  end

  on_linux do
    on_arm do
      url "@HOMEPAGE@/releases/download/v@VERSION@/session-signals-@VERSION@-aarch64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256_AARCH64_UNKNOWN_LINUX_MUSL@"
    end
    on_intel do
      url "@HOMEPAGE@/releases/download/v@VERSION@/session-signals-@VERSION@-x86_64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256_X86_64_UNKNOWN_LINUX_MUSL@"
    end
  end

  def install
    # `hooks install` copies the hooks from its own directory, so all executables stay in one directory.
    libexec.install Dir["hook-*"], "hooks", "sessions"
    bin.install_symlink libexec/"hooks", libexec/"sessions"
    pkgshare.install "plugin"
    man1.install Dir["share/man/man1/*"]
    bash_completion.install Dir["share/bash-completion/completions/*"]
    fish_completion.install Dir["share/fish/vendor_completions.d/*"]
    zsh_completion.install Dir["share/zsh/site-functions/*"]
    doc.install Dir["docs/*"], Dir["*.example.json"], "LICENCES-OF-PACKAGES.txt"
  end

  def caveats
    <<~TEXT
      Run `hooks install` to register the hooks in Claude Code's settings. The registered hooks are copies:
      run it after each upgrade, too. Run `hooks uninstall` before you uninstall this formula. Without that, the
      copies stay, and Claude Code still starts them.
      The other way is the plugin: `claude plugin marketplace add #{opt_pkgshare}/plugin`.
    TEXT
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/hooks --version")
  end
end
