export default function Foundation() {
  return <h1>Foundation</h1>;
}
