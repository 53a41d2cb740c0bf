// @vitest-environment node
/**
 * The shells for the stores stay what they were made to be: Capacitor takes the app into a copy of
 * them, and their own files hold the permissions, the reasons and the links. Xcode and Gradle are
 * not asked.
 */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

const client = fileURLToPath(new URL("..", import.meta.url));
const copy = mkdtempSync(join(tmpdir(), "jobbing-shell-"));
const read = (path) => readFileSync(join(copy, path), "utf8");

/** What was made by building or by an earlier sync is not copied: a fresh clone has none of it. */
const made = /\/(build|\.gradle|public|capacitor-cordova-\w+-plugins)(\/|$)/;

beforeAll(() => {
  for (const name of ["android", "ios", "package.json", "capacitor.config.ts"]) {
    cpSync(join(client, name), join(copy, name), {
      recursive: true,
      filter: (source) => !made.test(source.slice(client.length - 1)),
    });
  }
  symlinkSync(join(client, "node_modules"), join(copy, "node_modules"));
  mkdirSync(join(copy, "dist"));
  writeFileSync(join(copy, "dist", "index.html"), "<!doctype html><title>Jobbing</title>");
  for (const system of ["android", "ios"]) {
    const capacitor = join(client, "node_modules/@capacitor/cli/bin/capacitor");
    execFileSync(process.execPath, [capacitor, "sync", system], {
      cwd: copy,
      env: { ...process.env, CI: "1" },
      stdio: "pipe",
    });
  }
}, 60_000);

afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe("Android", () => {
  const manifest = () => read("android/app/src/main/AndroidManifest.xml");

  it("is given the app and its plugins", () => {
    expect(read("android/app/src/main/assets/public/index.html")).toContain("Jobbing");
    const plugins = read("android/app/capacitor.build.gradle");
    for (const name of ["capacitor-app", "capacitor-geolocation", "capacitor-firebase-messaging"])
      expect(plugins).toContain(`project(':${name}')`);
  });

  it("asks for what the app needs and for nothing else", () => {
    const asked = [
      ...manifest().matchAll(/uses-permission android:name="android\.permission\.(\w+)"/g),
    ];
    expect(asked.map(([, name]) => name).sort()).toEqual([
      "ACCESS_COARSE_LOCATION",
      "ACCESS_FINE_LOCATION",
      "CAMERA",
      "INTERNET",
      "POST_NOTIFICATIONS",
    ]);
  });

  it("opens links of both kinds", () => {
    expect(manifest()).toContain('android:scheme="@string/custom_url_scheme"');
    expect(read("android/app/src/main/res/values/strings.xml")).toContain(
      '<string name="custom_url_scheme" translatable="false">jobbing</string>',
    );
    expect(manifest()).toContain('android:autoVerify="true"');
    expect(manifest()).toContain('android:host="${jobbingHost}"');
  });

  it("keeps what is private out of backups", () => {
    expect(manifest()).toContain('android:allowBackup="false"');
  });

  it.each(["values", "values-fr"])("says why in %s", (folder) => {
    const words = read(`android/app/src/main/res/${folder}/strings.xml`);
    for (const name of ["location", "camera", "photos", "notifications"])
      expect(words).toContain(`name="why_${name}"`);
  });
});

describe("iOS", () => {
  const REASONS = [
    "NSLocationWhenInUseUsageDescription",
    "NSCameraUsageDescription",
    "NSPhotoLibraryUsageDescription",
  ];
  const info = () => read("ios/App/App/Info.plist");

  it("is given the app and its plugins", () => {
    expect(read("ios/App/App/public/index.html")).toContain("Jobbing");
    const plugins = read("ios/App/CapApp-SPM/Package.swift");
    for (const name of ["CapacitorApp", "CapacitorGeolocation", "CapacitorFirebaseMessaging"])
      expect(plugins).toContain(`"${name}"`);
  });

  it("says why it asks, and asks for no more", () => {
    const keys = [...info().matchAll(/<key>(NS\w+UsageDescription)<\/key>/g)].map(([, key]) => key);
    expect(keys.sort()).toEqual([...REASONS].sort());
  });

  it.each(["fr", "en"])("says why in %s", (language) => {
    const words = read(`ios/App/App/${language}.lproj/InfoPlist.strings`);
    for (const key of REASONS) expect(words).toMatch(new RegExp(`"${key}" = ".{20,}";`));
    expect(read("ios/App/App.xcodeproj/project.pbxproj")).toContain(
      `path = ${language}.lproj/InfoPlist.strings`,
    );
  });

  it("opens links of both kinds", () => {
    expect(info()).toMatch(/<key>CFBundleURLSchemes<\/key>\s*<array>\s*<string>jobbing<\/string>/);
    expect(read("ios/App/App/App.entitlements")).toContain("applinks:$(JOBBING_HOST)");
    expect(read("ios/App/App.xcodeproj/project.pbxproj").split("App/App.entitlements").length).toBe(
      3,
    );
  });

  it("hands Apple's token to Firebase", () => {
    expect(read("ios/App/App/AppDelegate.swift")).toContain(
      "capacitorDidRegisterForRemoteNotifications",
    );
  });
});
