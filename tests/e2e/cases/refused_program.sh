# What the kernel refuses is shown where it stands in the script: a license that does not allow a helper makes it do so.
need_root
printf 'config = { license = "BSD" }\nBEGIN {\n  print(1);\n  print(str(curtask.comm));\n  exit();\n}\n' >script.bt
expect_status 1 "$POLYTAP" -q -b ebpf script.bt
expect_in err 'script.bt:4:13-20: ERROR: the kernel refused the eBPF program for BEGIN: cannot call GPL-restricted function'
expect_in err '  print(str(curtask.comm));'
expect_in err 'config = { license = "GPL" } allows it'
