/**
 * Goal: `why` names the condition and the line a maintainer would point at, for every way an object gets in or stays out.
 * Method: one tree in memory, laid out like a kernel: a top Makefile that says what vmlinux is made of, an architecture, a library,
 * composites, lists within lists, modules. Broken on purpose where the answer must be a note.
 */
import { describe, expect, it } from "vitest";
import { formatWhy, memoryTree, parseKbuild } from "./index.js";

const kernel = memoryTree({
  Makefile: [
    "srctree := .",
    "export srctree",
    "libs-y := lib/",
    "include arch/$(SRCARCH)/Makefile",
    "export ARCH_CORE := $(core-y)",
    "export ARCH_LIB := $(filter %/,$(libs-y))",
    "KBUILD_CFLAGS := -O2",
    "export KBUILD_CFLAGS",
    "KBUILD_VMLINUX_OBJS := ./built-in.a",
    "ifdef CONFIG_MODULES",
    "KBUILD_VMLINUX_OBJS += $(patsubst %/,%/lib.a,$(libs-y))",
    "else",
    "KBUILD_VMLINUX_LIBS := $(patsubst %/,%/lib.a,$(libs-y))",
    "endif",
  ].join("\n"),
  Kbuild: "obj-y += mm/ $(ARCH_CORE)\nobj-y += $(ARCH_LIB)\nobj-$(CONFIG_FS) += fs/\n",
  "scripts/Makefile.build": "",
  "arch/arm/Makefile": [
    "machine-$(CONFIG_IMX) += imx",
    "machine-$(CONFIG_ZYNQ) += zynq",
    "core-y += $(patsubst %,arch/arm/mach-%/,$(machine-y))",
    "core- += $(patsubst %,arch/arm/mach-%/,$(machine-))",
    "ifeq ($(CONFIG_EFI),y)",
    "libs-y += arch/arm/lib/",
    "endif",
  ].join("\n"),
  "arch/arm/mach-imx/Makefile": "obj-y := imx.o",
  "arch/arm/mach-zynq/Makefile": "obj-y := zynq.o",
  "arch/arm/lib/Makefile": "lib-y := memcpy.o",
  "lib/Makefile": "lib-y := string.o\nobj-$(CONFIG_CRC32) += crc32.o\n",
  "mm/Makefile": [
    "mmu-y := nommu.o",
    "mmu-$(CONFIG_MMU) := highmem.o memory.o",
    "obj-y := percpu.o $(mmu-y)",
    "obj-$(CONFIG_SLAB) += slab.o",
    "slab-y := core.o",
    "slab-$(CONFIG_SLAB_DEBUG) += debug.o",
    "obj-y += gone.o",
    "obj-y := $(filter-out gone.o,$(obj-y))",
  ].join("\n"),
  "mm/percpu.c": '#if 1\n#endif\n#ifdef CONFIG_KM\nint a;\n#else /* VM */\n# include "percpu-vm.c"\n#endif\n',
  "mm/percpu-vm.c": "",
  "mm/nommu.c": "",
  "fs/Makefile": "obj-$(CONFIG_EXT) += ext/ helper.o\n",
  "fs/ext/Makefile":
    "obj-$(CONFIG_EXT) += ext.o\next-y := super.o\next-$(CONFIG_EXT_ACL) += acl.o\nobj-y += builtin.o\n",
});

function built(config: Record<string, string>) {
  return parseKbuild({ files: kernel, config: new Map(Object.entries(config)), arch: "arm" });
}
const why = (config: Record<string, string>, path: string): string => formatWhy(built(config).why(path));

describe("the set", () => {
  it("is that of a kernel's top Makefile", () => {
    const kinds = (config: Record<string, string>) => built(config).objects.map((o) => `${o.kind} ${o.path}`);
    expect(kinds({ IMX: "y", CRC32: "y" })).toEqual([
      "vmlinux mm/percpu.o",
      "vmlinux mm/nommu.o",
      "vmlinux arch/arm/mach-imx/imx.o",
      "vmlinux lib/crc32.o",
      "library lib/string.o",
    ]);
    expect(kinds({ MODULES: "y", EFI: "y", SLAB: "y", FS: "y", EXT: "m", EXT_ACL: "y" })).toEqual([
      "vmlinux mm/percpu.o",
      "vmlinux mm/nommu.o",
      "vmlinux mm/core.o",
      "vmlinux lib/string.o",
      "vmlinux arch/arm/lib/memcpy.o",
      "module fs/ext/super.o",
      "module fs/ext/acl.o",
      "module fs/helper.o",
    ]);
    expect(built({ FS: "y", EXT: "m" }).object("fs/ext/super.o")?.partOf).toBe("fs/ext/ext.ko");
  });
});

describe("built", () => {
  it("through a list within a list, and an architecture's directories", () => {
    expect(why({ MMU: "y" }, "mm/highmem.o")).toMatchInlineSnapshot(`
      "mm/highmem.o is built (vmlinux)
        mm/Makefile:2: mmu-$(CONFIG_MMU) := highmem.o memory.o
          holds: CONFIG_MMU=y   mm/Makefile:2
        mm/Makefile:3: obj-y := percpu.o $(mmu-y)
        Kbuild:1: obj-y += mm/ $(ARCH_CORE)"
    `);
    expect(why({ IMX: "y" }, "arch/arm/mach-imx/imx.o")).toMatchInlineSnapshot(`
      "arch/arm/mach-imx/imx.o is built (vmlinux)
        arch/arm/mach-imx/Makefile:1: obj-y := imx.o
        arch/arm/Makefile:1: machine-$(CONFIG_IMX) += imx
          holds: CONFIG_IMX=y   arch/arm/Makefile:1
        arch/arm/Makefile:3: core-y += $(patsubst %,arch/arm/mach-%/,$(machine-y))
        Makefile:5: ARCH_CORE := $(core-y)
        Kbuild:1: obj-y += mm/ $(ARCH_CORE)"
    `);
    expect(why({ EFI: "y" }, "arch/arm/lib/memcpy.o")).toMatchInlineSnapshot(`
      "arch/arm/lib/memcpy.o is built (library)
        arch/arm/lib/Makefile:1: lib-y := memcpy.o
        arch/arm/Makefile:6: libs-y += arch/arm/lib/
          holds: ifeq ($(CONFIG_EFI),y)   (EFI=y)   arch/arm/Makefile:5
        Makefile:6: ARCH_LIB := $(filter %/,$(libs-y))
        Kbuild:2: obj-y += $(ARCH_LIB)"
    `);
  });

  it("as a part of a composite, of a module", () => {
    expect(why({ SLAB: "y", SLAB_DEBUG: "y" }, "mm/debug.c")).toMatchInlineSnapshot(`
      "mm/debug.o is built (vmlinux)
        mm/Makefile:6: slab-$(CONFIG_SLAB_DEBUG) += debug.o
          holds: CONFIG_SLAB_DEBUG=y   mm/Makefile:6
        mm/Makefile:4: obj-$(CONFIG_SLAB) += slab.o
          holds: CONFIG_SLAB=y   mm/Makefile:4
        Kbuild:1: obj-y += mm/ $(ARCH_CORE)"
    `);
    expect(why({ FS: "y", EXT: "m", EXT_ACL: "y" }, "fs/ext/acl.o")).toMatchInlineSnapshot(`
      "fs/ext/acl.o is built (module)
        fs/ext/Makefile:3: ext-$(CONFIG_EXT_ACL) += acl.o
          holds: CONFIG_EXT_ACL=y   fs/ext/Makefile:3
        fs/ext/Makefile:1: obj-$(CONFIG_EXT) += ext.o
          holds: CONFIG_EXT=m   fs/ext/Makefile:1
        fs/Makefile:1: obj-$(CONFIG_EXT) += ext/ helper.o
          holds: CONFIG_EXT=m   fs/Makefile:1
        Kbuild:3: obj-$(CONFIG_FS) += fs/
          holds: CONFIG_FS=y   Kbuild:3"
    `);
  });
});

describe("not built", () => {
  it("names each condition that fails", () => {
    expect(why({}, "mm/highmem.o")).toMatchInlineSnapshot(`
      "mm/highmem.o is not built
        mm/Makefile:2: mmu-$(CONFIG_MMU) := highmem.o memory.o
          FAILS: CONFIG_MMU is not set   mm/Makefile:2
        mm/Makefile:3: obj-y := percpu.o $(mmu-y)
        Kbuild:1: obj-y += mm/ $(ARCH_CORE)"
    `);
    expect(why({}, "mm/debug.o")).toMatchInlineSnapshot(`
      "mm/debug.o is not built
        mm/Makefile:6: slab-$(CONFIG_SLAB_DEBUG) += debug.o
          FAILS: CONFIG_SLAB_DEBUG is not set   mm/Makefile:6
        mm/Makefile:4: obj-$(CONFIG_SLAB) += slab.o
          FAILS: CONFIG_SLAB is not set   mm/Makefile:4
        Kbuild:1: obj-y += mm/ $(ARCH_CORE)"
    `);
    expect(why({}, "fs/ext/acl.o")).toMatchInlineSnapshot(`
      "fs/ext/acl.o is not built
        fs/ext/Makefile:3: ext-$(CONFIG_EXT_ACL) += acl.o
          FAILS: CONFIG_EXT_ACL is not set   fs/ext/Makefile:3
        fs/ext/Makefile:1: obj-$(CONFIG_EXT) += ext.o
          FAILS: CONFIG_EXT is not set   fs/ext/Makefile:1
        fs/Makefile:1: obj-$(CONFIG_EXT) += ext/ helper.o
          FAILS: CONFIG_EXT is not set   fs/Makefile:1
        Kbuild:3: obj-$(CONFIG_FS) += fs/
          FAILS: CONFIG_FS is not set   Kbuild:3"
    `);
    expect(why({}, "arch/arm/mach-zynq/zynq.o")).toMatchInlineSnapshot(`
      "arch/arm/mach-zynq/zynq.o is not built
        arch/arm/mach-zynq/Makefile:1: obj-y := zynq.o
        arch/arm/Makefile:2: machine-$(CONFIG_ZYNQ) += zynq
          FAILS: CONFIG_ZYNQ is not set   arch/arm/Makefile:2
        arch/arm/Makefile:4: core- += $(patsubst %,arch/arm/mach-%/,$(machine-))
          FAILS: nothing reads 'core-'   arch/arm/Makefile:4"
    `);
    expect(why({}, "fs/")).toMatchInlineSnapshot(`
      "fs/ is not built
        Kbuild:3: obj-$(CONFIG_FS) += fs/
          FAILS: CONFIG_FS is not set   Kbuild:3"
    `);
  });

  it("says what no condition says", () => {
    expect(why({}, "mm/percpu-vm.c")).toMatchInlineSnapshot(`
      "mm/percpu-vm.o is not built
        no Makefile names mm/percpu-vm.o
        mm/percpu.o is built, and its source includes it: mm/percpu.c:6: # include "percpu-vm.c"
        in the #else of mm/percpu.c:3: #ifdef CONFIG_KM (KM=n): compiled in"
    `);
    expect(why({ KM: "y" }, "mm/percpu-vm.c")).toContain("#ifdef CONFIG_KM (KM=y): left out");
    expect(why({}, "mm/gone.o")).toMatchInlineSnapshot(`
      "mm/gone.o is not built
        mm/Makefile:7: obj-y += gone.o
          FAILS: replaced by obj-y := $(filter-out gone.o,$(obj-y))   mm/Makefile:8
        Kbuild:1: obj-y += mm/ $(ARCH_CORE)"
    `);
    expect(why({ FS: "y", EXT: "m" }, "fs/ext/builtin.o")).toMatchInlineSnapshot(`
      "fs/ext/builtin.o is not built
        fs/ext/Makefile:4: obj-y += builtin.o
        fs/Makefile:1: obj-$(CONFIG_EXT) += ext/ helper.o
          FAILS: CONFIG_EXT=m, which is not built in   fs/Makefile:1
        Kbuild:3: obj-$(CONFIG_FS) += fs/
          holds: CONFIG_FS=y   Kbuild:3"
    `);
    expect(why({ MMU: "y" }, "mm/nommu.o")).toMatchInlineSnapshot(`
      "mm/nommu.o is not built
        mm/Makefile:1: mmu-y := nommu.o
          FAILS: replaced by mmu-$(CONFIG_MMU) := highmem.o memory.o   (MMU=y)   mm/Makefile:2
        mm/Makefile:3: obj-y := percpu.o $(mmu-y)
        Kbuild:1: obj-y += mm/ $(ARCH_CORE)"
    `);
  });
});
