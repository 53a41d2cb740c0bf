/** The mark: a J that is a hook on which a job hangs. Its file is public/icons/icon.svg. */
export function Mark({ size = 40 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 512 512" aria-hidden>
      <rect width="512" height="512" rx="116" fill="#17654a" />
      <path
        d="M306 118v182c0 54-34 90-84 90-46 0-78-28-84-74"
        fill="none"
        stroke="#fff"
        strokeWidth="54"
        strokeLinecap="round"
      />
      <circle cx="356" cy="356" r="38" fill="#f2a42a" />
    </svg>
  );
}
