/**
 * Goal: a small tree gives the objects a reader of its Makefiles expects. Method: trees in memory, one idea a test.
 */
import { describe, expect, it } from "vitest";
import { formatWhy, memoryTree, parseKbuild, showPlace } from "./index.js";

const model = memoryTree({
  Makefile: "obj-y += mm/ arch/$(SRCARCH)/\nobj-$(CONFIG_NET) += net/\n",
  "mm/Makefile": [
    "obj-y := percpu.o",
    "obj-$(CONFIG_HIGHMEM) += highmem.o",
    "ifdef CONFIG_MMU",
    "obj-y += vmalloc.o",
    "else",
    "obj-y += nommu.o",
    "endif",
    "ccflags-y += -DMM",
    "CFLAGS_percpu.o := -g",
  ].join("\n"),
  "mm/percpu.ts": "",
  "mm/highmem.ts": "",
  "mm/vmalloc.ts": "",
  "mm/nommu.ts": "",
  "arch/arm/Makefile": "obj-y += kernel/ mm/\n",
  "arch/arm/kernel/Makefile": "ifdef CONFIG_MMU\nobj-$(CONFIG_SMP) += smp_tlb.o\nendif\n",
  "arch/arm/mm/Makefile": "obj-y += dma-mapping.o proc.o\nproc-y := a.o\nproc-$(CONFIG_SMP) += b.o\n",
  "net/Makefile": "obj-y += socket.o\n",
});

function paths(config: Record<string, string>): string[] {
  return parseKbuild({
    files: model,
    config: new Map(Object.entries(config)),
    arch: "arm",
    sources: [".ts"],
  }).objects.map((o) => o.path);
}

describe("a model tree", () => {
  it("builds what its configuration says", () => {
    expect(paths({ MMU: "y", SMP: "y", HIGHMEM: "y" })).toEqual([
      "mm/percpu.o",
      "mm/highmem.o",
      "mm/vmalloc.o",
      "arch/arm/kernel/smp_tlb.o",
      "arch/arm/mm/dma-mapping.o",
      "arch/arm/mm/a.o",
      "arch/arm/mm/b.o",
    ]);
    expect(paths({ SMP: "y" })).toEqual([
      "mm/percpu.o",
      "mm/nommu.o",
      "arch/arm/mm/dma-mapping.o",
      "arch/arm/mm/a.o",
      "arch/arm/mm/b.o",
    ]);
  });

  it("gives source, flags, conditions and the line", () => {
    const built = parseKbuild({ files: model, config: new Map([["HIGHMEM", "y"]]), arch: "arm", sources: [".ts"] });
    const highmem = built.object("mm/highmem.o");
    expect(highmem?.source).toBe("mm/highmem.ts");
    expect(highmem?.flags).toEqual(["-DMM"]);
    expect(built.object("mm/percpu.o")?.flags).toEqual(["-DMM", "-g"]);
    expect(highmem && showPlace(highmem.at)).toBe("mm/Makefile:2");
    expect(highmem?.conditions.map((c) => c.text)).toEqual(["CONFIG_HIGHMEM=y"]);
  });

  it("says why an object is not built", () => {
    const built = parseKbuild({ files: model, config: new Map([["SMP", "y"]]), arch: "arm", sources: [".ts"] });
    expect(formatWhy(built.why("arch/arm/kernel/smp_tlb.ts"))).toMatchInlineSnapshot(`
      "arch/arm/kernel/smp_tlb.o is not built
        arch/arm/kernel/Makefile:2: obj-$(CONFIG_SMP) += smp_tlb.o
          FAILS: ifdef CONFIG_MMU   (MMU=n)   arch/arm/kernel/Makefile:1
          holds: CONFIG_SMP=y   arch/arm/kernel/Makefile:2
        arch/arm/Makefile:1: obj-y += kernel/ mm/
        Makefile:1: obj-y += mm/ arch/$(SRCARCH)/"
    `);
    expect(formatWhy(built.why("arch/arm/mm/b.o"))).toMatchInlineSnapshot(`
      "arch/arm/mm/b.o is built (vmlinux)
        arch/arm/mm/Makefile:3: proc-$(CONFIG_SMP) += b.o
          holds: CONFIG_SMP=y   arch/arm/mm/Makefile:3
        arch/arm/mm/Makefile:1: obj-y += dma-mapping.o proc.o
        arch/arm/Makefile:1: obj-y += kernel/ mm/
        Makefile:1: obj-y += mm/ arch/$(SRCARCH)/"
    `);
    expect(formatWhy(built.why("net/socket.o"))).toMatchInlineSnapshot(`
      "net/socket.o is not built
        net/Makefile:1: obj-y += socket.o
        Makefile:2: obj-$(CONFIG_NET) += net/
          FAILS: CONFIG_NET is not set   Makefile:2"
    `);
    expect(formatWhy(built.why("mm/absent.o"))).toMatchInlineSnapshot(`
      "mm/absent.o is not built
        no Makefile names mm/absent.o
        no source of that name is in the tree"
    `);
  });
});

describe("an older kernel's top Makefile", () => {
  it("puts head objects first and lists directories one by one", () => {
    const files = memoryTree({
      Makefile: [
        "core-y := init/",
        "libs-y := lib/",
        "include arch/$(SRCARCH)/Makefile",
        "core-y := $(patsubst %/,%/built-in.a,$(core-y))",
        "libs-y1 := $(patsubst %/,%/lib.a,$(libs-y))",
        "libs-y2 := $(patsubst %/,%/built-in.a,$(libs-y))",
        "KBUILD_VMLINUX_OBJS := $(head-y) $(core-y) $(libs-y2)",
        "KBUILD_VMLINUX_LIBS := $(libs-y1)",
      ].join("\n"),
      "scripts/Makefile.build": "",
      "arch/x86/Makefile": "head-y := arch/x86/kernel/head.o\ncore-y += arch/x86/",
      "arch/x86/Kbuild": "obj-y += kernel/",
      "arch/x86/kernel/Makefile": "extra-y := head.o\nobj-y := setup.o",
      "init/Makefile": "obj-y := main.o",
      "lib/Makefile": "lib-y := a.o\nobj-y := b.o",
    });
    const built = parseKbuild({ files, config: new Map(), arch: "x86_64" });
    expect(built.objects.map((o) => `${o.kind} ${o.path}`)).toEqual([
      "vmlinux arch/x86/kernel/head.o",
      "vmlinux init/main.o",
      "vmlinux arch/x86/kernel/setup.o",
      "vmlinux lib/b.o",
      "library lib/a.o",
    ]);
    expect(formatWhy(built.why("arch/x86/kernel/head.o"))).toMatchInlineSnapshot(`
      "arch/x86/kernel/head.o is built (vmlinux)
        arch/x86/Makefile:1: head-y := arch/x86/kernel/head.o"
    `);
    expect(formatWhy(built.why("init/main.o"))).toMatchInlineSnapshot(`
      "init/main.o is built (vmlinux)
        init/Makefile:1: obj-y := main.o
        Makefile:1: core-y := init/"
    `);
  });
});
